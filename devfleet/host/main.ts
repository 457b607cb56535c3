// The sim hosts of one IDC: node devfleet/host/main.ts CONFIG.json
// Prints "ready" when all Nodes are Ready; logs to stderr; SIGTERM ends it and everything on it.
import { once } from 'node:events';
import pino from 'pino';
import { createAdmin } from './admin.ts';
import { readHostsConfig } from './config.ts';
import { SimHosts } from './hosts.ts';
import { createProxy } from './proxy.ts';

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node devfleet/host/main.ts CONFIG.json\n');
  process.exit(2);
}
const config = readHostsConfig(file);
const log = pino({ name: `hosts-${config.idc}` }, pino.destination({ dest: 2, sync: true }));
const hosts = new SimHosts(config, log);

await createAdmin(hosts).listen({ host: '127.0.0.1', port: config.adminPort });
const proxy = createProxy(config.octet).listen({ host: '127.0.0.1', port: config.proxyPort });
await once(proxy, 'listening');
await hosts.start();
process.stdout.write('ready\n');

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void hosts.close().finally(() => process.exit(0)));
}
