import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { expect, vi } from 'vitest';
import { SimHostsClient } from '../../devfleet/host/client.ts';
import type { Platform } from '../../devfleet/platform.ts';
import { placesIn, SHOP, shopApp, type ShopOptions, type ShopPlace } from '../../devfleet/shop.ts';
import { reportLine, startTraffic, type Traffic, type TrafficReport } from '../../devfleet/traffic/index.ts';
import {
  gateCommand,
  isTerminal,
  needsPerson,
  waitsForPerson,
  type CommandName,
  type ReleaseState,
} from '../../src/domain/states.ts';
import type { AppView } from '../../src/http/schemas/app.ts';
import type { Release } from '../../src/http/schemas/release.ts';
import { Judge } from './judge.ts';
import { query } from './postgres.ts';

/** Long: the machine that tests run on may be slow, and no test is about how long something takes. */
export const PATIENCE = { timeout: 90_000, interval: 100 };

/** A request that takes longer was lost. One that a busy machine holds up for seconds was not. */
const SLOWEST_REQUEST_MS = 30_000;

/** An app of its own for one test, so that tests do not meet. */
export interface ShopApp {
  app: string;
  judge: Judge;
  /** Names of the instances' pods, sorted. */
  members: string[];
  /** Instance (`web-3`) → its pod. */
  memberOf: Record<string, string>;
  /** Starts a release; its id. */
  release: (version: string, config?: object) => Promise<string>;
  /** Releases and waits for the end, or for the state that waits for a person. */
  released(version: string, config?: object): Promise<Release>;
  view(id: string): Promise<Release>;
  /** Applies another definition of the app, which the next release brings. */
  apply(options: ShopOptions): Promise<void>;
  command(id: string, command: CommandName, config?: object): Promise<void>;
  /** Sends the command and waits for what comes of it. */
  commanded(id: string, command: CommandName, config?: object): Promise<Release>;
  /** Requests at a rate through the front door, until they are stopped. */
  traffic(rate: number): Promise<Traffic>;
  fence: () => Promise<{ holder: string | null; dirty: boolean } | undefined>;
}

/** One place in each AZ of each IDC, with so many instances. */
export function everywhere({ fleet }: Platform, instances: number): ShopPlace[] {
  return Object.values(fleet.idcs).flatMap((idc) => placesIn(idc, instances));
}

/** Applies the app, releases v1 and sees it rest: where every test begins. */
export async function standingApp(
  platform: Platform,
  app: string,
  places: ShopPlace[],
  options: Pick<ShopOptions, 'healthTimeoutSeconds' | 'traffic'> = {},
): Promise<ShopApp> {
  const shop = await applied(platform, app, places, options);
  const first = await shop.released('v1');
  expect(first.state).toBe('SUCCESS');
  const count = places.reduce((sum, { instances }) => sum + instances, 0);
  await vi.waitUntil(async () => (await shop.judge.serving()).length === count, PATIENCE);
  shop.members.push(...(await shop.judge.serving()));
  const { groups } = await platform.rest<AppView>('GET', `/v1/apps/${shop.app}`);
  for (const { name, member } of groups.flatMap(({ instances }) => instances)) shop.memberOf[name] = member;
  await shop.judge.mark();
  return shop;
}

/** Apps so far, by the name that was asked for. */
const made = new Map<string, number>();

/** Only applies the app. A test that is tried again gets another one: what it left of the first is not its own any more. */
export async function applied(
  platform: Platform,
  wanted: string,
  places: ShopPlace[],
  options: Pick<ShopOptions, 'healthTimeoutSeconds' | 'traffic'> = {},
): Promise<ShopApp> {
  const { fleet } = platform;
  const tries = (made.get(wanted) ?? 0) + 1;
  made.set(wanted, tries);
  const app = tries === 1 ? wanted : `${wanted}-${tries}`;
  await platform.rest('PUT', `/v1/apps/${app}`, shopApp(places, { ...options, app }));

  const view = (id: string): Promise<Release> => platform.rest<Release>('GET', `/v1/releases/${id}`);
  const release = async (version: string, config?: object): Promise<string> => {
    const body = { app, env: SHOP.env, version, ...(config === undefined ? {} : { config }) };
    return (await platform.rest<{ id: string }>('POST', '/v1/releases', body)).id;
  };
  const command = async (id: string, name: CommandName, config?: object): Promise<void> => {
    const body = { command: name, ...(config === undefined ? {} : { config }) };
    await platform.rest('POST', `/v1/releases/${id}/commands`, body);
  };
  return {
    app,
    judge: await Judge.of(fleet, app),
    members: [],
    memberOf: {},
    release,
    released: async (version, config) => settledAfter(platform, await release(version, config), 0),
    view,
    apply: async (changed) => {
      await platform.rest('PUT', `/v1/apps/${app}`, shopApp(places, { ...options, ...changed, app }));
    },
    command,
    commanded: async (id, name, config) => {
      const { seq } = await lastEvent(platform, id);
      await command(id, name, config);
      return settledAfter(platform, id, seq);
    },
    traffic: (rate) =>
      startTraffic({
        url: `${fleet.frontDoor.url}/${SHOP.env}/${app}-${SHOP.group}/`,
        rate,
        timeoutMs: SLOWEST_REQUEST_MS,
      }),
    fence: async () => {
      const text = `SELECT holder, dirty FROM fences WHERE app = '${app}'`;
      return (await query<{ holder: string | null; dirty: boolean }>(fleet.catalogue.directUrl, text))[0];
    },
  };
}

/** Pod and uid of each instance. */
export async function uids({ judge }: ShopApp): Promise<string[]> {
  return (await judge.running()).map(({ instance, uid }) => `${instance} ${uid}`);
}

/** Those of the one list that are in the other, too. */
export const kept = (before: string[], after: string[]): string[] => after.filter((one) => before.includes(one));

export interface Event {
  seq: number;
  kind: string;
  step: string;
  instance: string | null;
  outcome: string | null;
  operation: string;
  at: string;
  message: string;
}

/** All events of the release after that one, page by page: commands that are sent all the time make thousands. */
export async function events(platform: Platform, id: string, after: number): Promise<Event[]> {
  const all: Event[] = [];
  for (;;) {
    const from = all.at(-1)?.seq ?? after;
    const page = await platform.rest<{ events: Event[] }>('GET', `/v1/releases/${id}/events?after=${from}&limit=1000`);
    if (page.events.length === 0) return all;
    all.push(...page.events);
  }
}

async function lastEvent(platform: Platform, id: string): Promise<Event> {
  const last = (await events(platform, id, 0)).at(-1);
  if (last === undefined) throw new Error(`release ${id} has no event`);
  return last;
}

/** Waits until the release, after that event, has ended or entered a state that waits for a person. */
export async function settledAfter(
  platform: Platform,
  id: string,
  seq: number,
  isSettled: (release: Pick<Release, 'state' | 'waiting'>) => boolean = isRest,
): Promise<Release> {
  let seen = seq;
  let told = false;
  const deadline = Date.now() + PATIENCE.timeout;
  for (;;) {
    try {
      const news = await events(platform, id, seen);
      seen = news.at(-1)?.seq ?? seen;
      told ||= news.some(({ kind, step }) => kind === 'state' && mayRest(step as ReleaseState));
      const view = await platform.rest<Release>('GET', `/v1/releases/${id}`);
      if (told && isSettled(view)) return view;
      if (Date.now() > deadline) {
        const last = (await events(platform, id, Math.max(0, seen - 15))).map((event) => JSON.stringify(event));
        throw new Error(`release ${id} goes on and on:\n${JSON.stringify(view)}\n${last.join('\n')}`);
      }
    } catch (error) {
      // The API may be away, or what it needs.
      if (Date.now() > deadline) throw error;
    }
    await sleep(PATIENCE.interval);
  }
}

/** Waits until the release has ended, whatever it waits for in between. */
export async function endOf(platform: Platform, id: string): Promise<Release> {
  return settledAfter(platform, id, 0, ({ state }) => isTerminal(state));
}

function isRest(release: Pick<Release, 'state' | 'waiting'>): boolean {
  return isTerminal(release.state) || waitsForPerson(release);
}

function mayRest(state: ReleaseState): boolean {
  return isTerminal(state) || needsPerson(state) || gateCommand(state) !== null;
}

/** On that version, resting as plain Kubernetes, every instance in service, nobody holding the group. */
export async function expectAtRest({ judge, members, fence }: ShopApp, version: string): Promise<void> {
  await vi.waitFor(async () => expect(await judge.unrest()).toEqual([]), PATIENCE);
  await vi.waitFor(async () => expect(await judge.serving()).toEqual(members), PATIENCE);
  expect(await judge.versions()).toEqual({ [version]: members.length });
  expect(await judge.collisions()).toEqual([]);
  expect(await fence()).toEqual({ holder: null, dirty: false });
}

/** `transship release watch`, as a person has it open: resolves when it shows something. */
export async function watch(
  { api, fleet }: Platform,
  id: string,
): Promise<{ ended: Promise<{ code: number | null; stdout: string }> }> {
  const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cli, 'release', 'watch', id], {
    env: { ...process.env, ...fleet.env, TRANSSHIP_API: api },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout }));
  await Promise.race([once(child.stdout, 'data'), ended]);
  return { ended };
}

/** No request failed, and there were some. */
export function expectNoFailure(report: TrafficReport): void {
  if (report.failures > 0) throw new Error([reportLine(report), JSON.stringify(report.firstFailures)].join('\n'));
  expect(report.requests).toBeGreaterThan(0);
}

/** Registry of each IDC. */
export function registriesOf({ fleet }: Platform): string[] {
  return Object.values(fleet.idcs).map(({ registry }) => registry.directUrl);
}

/** Does it to the hosts of each IDC, one after the other. */
export async function eachHosts({ fleet }: Platform, act: (hosts: SimHostsClient) => Promise<void>): Promise<void> {
  for (const { hostsAdmin } of Object.values(fleet.idcs)) await act(new SimHostsClient(hostsAdmin));
}

/** Whoever works with the Temporal UI. */
export async function temporalOf({ fleet }: Platform): Promise<Client> {
  const { address, namespace } = fleet.temporal;
  return new Client({ connection: await Connection.connect({ address }), namespace });
}

/** Floor of a group by the brake, for a batch of at most 25 %. */
export function floorOf(instances: number): number {
  return Math.floor(instances * 0.75);
}
