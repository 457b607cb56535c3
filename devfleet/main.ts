import { Command } from '@commander-js/extra-typings';
import Table from 'cli-table3';
import { startFleet, type Devfleet } from './index.ts';

const program = new Command('npm run fleet --')
  .description(
    'Starts a whole fleet on this machine, of real parts: Temporal, PostgreSQL, and in each IDC a Kubernetes control ' +
      'plane, an image registry and sim hosts. It stays until Ctrl-C; whatever ends this process ends all of it.',
  )
  .option('--shape <file>', 'YAML file that says how big it is (default: two IDCs of two AZs of two hosts)')
  .option('--once', 'end it as soon as everything answers')
  .addHelpText(
    'after',
    `
A shape:
  environments: [fat, uat, pro]      # each is a namespace in every cluster
  idcs:
    north: { azs: { az-1: { hosts: 2 }, az-2: { hosts: 2 } } }
    south: { azs: { az-1: { hosts: 4 }, az-2: { hosts: 2, runs: mesos } } }   # or both; default kubernetes
    west: { azs: { az-1: { hosts: 1 } }, registry: harbor }                   # default distribution

Transship on the fleet, in other terminals (the environment is printed when the fleet is up):
  npm run worker
  npm run api
  npm run transship -- fleet check

Programs that npm does not bring are looked for in this order: TRANSSHIP_BIN_ETCD, TRANSSHIP_BIN_KUBE_APISERVER, …;
the user's cache folder; PATH; the project's own download, checksum pinned; a build with Go, which takes 8 minutes once.
See docs/devfleet.md.`,
  )
  .parse();

const { shape, once } = program.opts();
const say = (line: string) => process.stdout.write(`${line}\n`);

let fleet: Devfleet;
try {
  const stopEarly = () => process.exit(130); // the reaper ends what has been started
  process.on('SIGINT', stopEarly).on('SIGTERM', stopEarly);
  fleet = await startFleet({ ...(shape === undefined ? {} : { shape }), onProgress: say });
  process.off('SIGINT', stopEarly).off('SIGTERM', stopEarly);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
say(`\n${overview(fleet)}\n`);
for (const [name, value] of Object.entries(fleet.env)) say(`export ${name}=${value}`);
if (once !== true) {
  say('\nCtrl-C ends it.');
  await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve).once('SIGHUP', resolve));
  say('');
}
await fleet.stop();
say('The fleet is gone.');
process.exit(0);

function overview({ idcs, temporal, catalogue, frontDoor, logs, fleetFile }: Devfleet): string {
  const table = new Table({ style: { head: [], border: [] } });
  table.push(
    ['Temporal UI', temporal.ui],
    ['Temporal', `${temporal.address}, namespace ${temporal.namespace}`],
    ['catalogue', catalogue.url],
    ['front door', frontDoor.url],
  );
  for (const idc of Object.values(idcs)) {
    table.push(
      [`${idc.name}: kubectl`, `kubectl --kubeconfig ${idc.adminKubeconfig} get pods -A`],
      [`${idc.name}: registry`, `${idc.registry.directUrl}, in image names ${idc.registry.host}`],
      [`${idc.name}: sim hosts`, idc.hostsAdmin],
    );
    const { harbor } = idc.registry;
    if (harbor !== null)
      table.push([
        `${idc.name}: Harbor`,
        `${harbor.url}, ${harbor.user}:${harbor.password}, admin port ${harbor.admin}`,
      ]);
    if (idc.mesos === null) continue;
    const { marathon, masters, admin } = idc.mesos;
    table.push([`${idc.name}: Marathon`, `${marathon.join(' ')}, on Mesos ${masters.join(' ')}, admin ${admin}`]);
  }
  table.push(['fleet file', fleetFile], ['logs', logs]);
  return table.toString();
}
