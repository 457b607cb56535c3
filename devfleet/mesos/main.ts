// The Mesos of one IDC, and the Marathon on it: node devfleet/mesos/main.ts CONFIG.json
// Prints "ready" when all of them listen; SIGTERM ends it. Agents live in the hosts' process and find it by themselves.
import { readMesosConfig } from './config.ts';
import { startMesos } from './start.ts';

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node devfleet/mesos/main.ts CONFIG.json\n');
  process.exit(2);
}
const mesos = await startMesos(readMesosConfig(file));
process.stdout.write('ready\n');

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void mesos.close().finally(() => process.exit(0)));
}
