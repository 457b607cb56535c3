import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from '@commander-js/extra-typings';
import { SimHostsClient, type InstanceView } from './host/client.ts';
import { startPlatform, type Platform } from './platform.ts';
import { DEFAULT_SHAPE, type FleetShape } from './shape.ts';
import { placesIn, pushShop, SHOP } from './shop.ts';
import { reportLine, startTraffic } from './traffic/index.ts';

const RATE = 200;

/** Namespace of Mesos tasks, as the machines say it. */
const MESOS = 'mesos';

const { once } = new Command('npm run demo --')
  .description(
    'The main job: an application of 12 instances, on two Kubernetes control planes and in an AZ that is still on Mesos, ' +
      'goes from v1 to v2, bastion first, batch by batch, in place on Kubernetes and by new tasks on Mesos, while a client ' +
      `sends ${RATE} requests a second and counts the failed ones. Real parts, but for the machines, Mesos and Marathon.`,
  )
  .option('--once', 'end when the story is told, instead of staying up until Ctrl-C')
  .addHelpText(
    'after',
    '\nExit code 0: the story held (no failed request, every instance on v2, pods with uids and addresses as before); 1: it did not.',
  )
  .parse()
  .opts();

const SHAPE: FleetShape = {
  ...DEFAULT_SHAPE,
  idcs: {
    north: { azs: { 'az-1': { hosts: 2 }, 'az-2': { hosts: 2 } } },
    south: { azs: { 'az-1': { hosts: 2 }, 'az-2': { hosts: 2, runs: 'mesos' } } },
  },
};

/** It brings what a release asks for; of pushes nobody tells here, and once a day is enough for what else there is. */
const RULE = {
  name: 'shop',
  from: 'north',
  to: ['south'],
  images: [{ repository: SHOP.repository }],
  onPush: false,
  every: '24h',
};

const say = (line = ''): void => void process.stdout.write(`${line}\n`);
const chapter = (title: string): void => say(`\n── ${title} ${'─'.repeat(Math.max(0, 96 - title.length))}`);

const stopEarly = (): never => process.exit(130); // the fleet ends with this process
process.on('SIGINT', stopEarly).on('SIGTERM', stopEarly);

const began = Date.now();
chapter(
  'A fleet: two IDCs with a Kubernetes control plane and an image registry each; one of four AZs is still on Mesos',
);
const platform = await startPlatform({ shape: SHAPE, onProgress: say });
const held = await tell(platform).catch((error: unknown) => {
  say(`\nThe story broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  say(`Logs: ${platform.fleet.logs}`);
  return false;
});
say(`\n${held ? 'The story held' : 'THE STORY DID NOT HOLD'}, after ${((Date.now() - began) / 1000).toFixed(0)} s.`);

if (once !== true) {
  process.off('SIGINT', stopEarly).off('SIGTERM', stopEarly);
  say('\nIt all stays up until Ctrl-C. Try it:');
  say(`  export TRANSSHIP_API=${platform.api}`);
  say('  npm run -s transship -- app get shop');
  say('  npm run -s transship -- release plan shop v1 --env pro');
  say('  npm run -s transship -- release start shop v1 --env pro --watch');
  await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  say();
}
await platform.stop();
process.exit(held ? 0 : 1);

async function tell(platform: Platform): Promise<boolean> {
  const { fleet, api } = platform;
  say();
  say(`Temporal UI  ${fleet.temporal.ui}`);
  say(`REST API     ${api}  (OpenAPI: ${api}/openapi.json)`);
  say(`Front door   ${frontDoor(platform)}`);
  for (const { name, mesos } of Object.values(fleet.idcs)) {
    if (mesos !== null) say(`Marathon     ${mesos.marathon[0] ?? ''}  (${name})`);
  }
  say(`Logs         ${fleet.logs}`);

  chapter(
    'An image, pushed to the registry of each IDC, and a rule that takes what follows from the north to the south',
  );
  await platform.push('v1');
  say(`${SHOP.repository}:v1: it warms up for a second before it says 200`);
  await platform.rest('PUT', '/v1/sync-rules/shop', RULE);

  chapter('The app: 12 instances, three in each AZ of both IDCs; its first release creates them on v1');
  await platform.applyShop(Object.values(fleet.idcs).flatMap((idc) => placesIn(idc, 3)));
  const first = await platform.settled(await platform.release('v1'));
  say(`release ${first.id}: ${first.state}`);
  const before = await instances(platform);
  say(`${before.length} instances run ${versions(before)}`);

  chapter(`A client that never stops: ${RATE} requests a second through the front door`);
  const traffic = await startTraffic({ url: frontDoor(platform), rate: RATE });
  await sleep(1_000);

  chapter('v2 is pushed to the registry of the north alone');
  const pushed = await pushShop([fleet.idcs['north']?.registry.directUrl ?? ''], 'v2');
  say(`${SHOP.repository}:v2 is ${pushed}`);

  chapter('The release of v2: plan, then batch by batch, watched; its image comes to the south before the batch there');
  say((await platform.cli('release', 'plan', SHOP.app, 'v2', '--env', SHOP.env)).stdout);
  const id = await platform.release('v2');
  say(`POST /v1/releases → 202 ${id}`);
  say(
    `In the Temporal UI: ${fleet.temporal.ui}/namespaces/${fleet.temporal.namespace}/workflows/${encodeURIComponent(`group/${SHOP.env}/${SHOP.app}/${SHOP.group}`)}\n`,
  );
  await watch(platform, id);
  const second = await platform.settled(id);

  chapter('What the release brought to the registry of the south');
  say((await platform.cli('image', 'status', `${SHOP.repository}:v2`)).stdout);
  const inSouth = await digestOf(fleet.idcs['south']?.registry.directUrl ?? '', 'v2');

  chapter('What the client and the hosts saw');
  await sleep(1_000);
  const report = await traffic.stop();
  const after = await instances(platform);
  say(reportLine(report));
  for (const { at, error } of report.firstFailures) say(`  ${at} ${error}`);
  say(`${after.length} instances run ${versions(after)}`);

  return [
    check('the release succeeded', second.state === 'SUCCESS'),
    check('the registry of the south has the image that was pushed to the north', inSouth === pushed),
    check('no request failed', report.failures === 0 && report.requests > 0),
    check('all 12 instances run v2', after.length === 12 && after.every(({ version }) => version === 'v2')),
    check(
      'all 9 on Kubernetes kept their pod (uid) and address, and were started once more, and no more than that',
      identities(pods(before)) === identities(pods(after)) &&
        pods(after).every(({ restartCount }) => restartCount === 1),
    ),
    check(
      'all 3 on Mesos are new tasks, as Marathon can do no better',
      onMesos(after).length === 3 && areNew(before, after),
    ),
  ].every((ok) => ok);
}

/** What a tag names in a registry, as the registry says. */
async function digestOf(registry: string, tag: string): Promise<string | null> {
  const accept = 'application/vnd.oci.image.manifest.v1+json';
  const url = `${registry}/v2/${SHOP.repository}/manifests/${tag}`;
  return (await fetch(url, { method: 'HEAD', headers: { accept } })).headers.get('docker-content-digest');
}

function frontDoor({ fleet }: Platform): string {
  return `${fleet.frontDoor.url}/${SHOP.env}/${SHOP.app}-${SHOP.group}/`;
}

/** As the machines see them, not as our own records say. */
async function instances({ fleet }: Platform): Promise<InstanceView[]> {
  const perIdc = await Promise.all(
    Object.values(fleet.idcs).map(({ hostsAdmin }) => new SimHostsClient(hostsAdmin).instances()),
  );
  const isOfShop = ({ namespace, state }: InstanceView) => [SHOP.env, MESOS].includes(namespace) && state === 'running';
  return perIdc.flat().filter(isOfShop);
}

function pods(views: InstanceView[]): InstanceView[] {
  return views.filter(({ namespace }) => namespace !== MESOS);
}

function onMesos(views: InstanceView[]): InstanceView[] {
  return views.filter(({ namespace }) => namespace === MESOS);
}

function areNew(before: InstanceView[], after: InstanceView[]): boolean {
  const known = new Set(onMesos(before).map(({ uid }) => uid));
  return onMesos(after).every(({ uid }) => !known.has(uid));
}

function versions(views: InstanceView[]): string {
  return [...Map.groupBy(views, ({ version }) => version)]
    .map(([version, of]) => `${String(version)} (${of.length})`)
    .join(', ');
}

function identities(views: InstanceView[]): string {
  return views
    .map(({ instance, uid, address }) => `${instance} ${uid} ${String(address)}`)
    .sort()
    .join('\n');
}

function check(what: string, ok: boolean): boolean {
  say(`${ok ? '✔' : '✘'} ${what}`);
  return ok;
}

/** `transship release watch`, as a person would run it. */
async function watch({ api, fleet }: Platform, id: string): Promise<void> {
  const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
  const env = { ...process.env, ...fleet.env, TRANSSHIP_API: api };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cli, 'release', 'watch', id], {
    stdio: 'inherit',
    env,
  });
  await new Promise((resolve) => child.once('exit', resolve));
}
