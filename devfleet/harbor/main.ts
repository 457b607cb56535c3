// Harbor before a registry of one IDC: node devfleet/harbor/main.ts CONFIG.json
// Prints "ready" when it listens; SIGTERM ends it.
import { readHarborConfig } from './config.ts';
import { startHarbor } from './start.ts';

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node devfleet/harbor/main.ts CONFIG.json\n');
  process.exit(2);
}
const harbor = await startHarbor(readHarborConfig(file));
process.stdout.write('ready\n');

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void harbor.close().finally(() => process.exit(0)));
}
