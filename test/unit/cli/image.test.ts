import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Sync } from '../../../src/domain/sync/progress.ts';
import { pendingActivity, TemporalDouble } from '../../support/sync/temporal-double.ts';
import { cli, listen, type CliOptions, type CliRun, type ListeningApi } from './support.ts';

// Real servers, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const [ONE, TWO] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
const NEVER = '2026-01-01T12:00:00.000Z';

const temporal = new TemporalDouble();
let api: ListeningApi;

beforeAll(async () => {
  api = await listen(temporal.link);
});
afterAll(async () => api.close());
beforeEach(async () => {
  seen = '';
  temporal.registries.clear();
  temporal.registries.set('north', { 'shop/web:v1': ONE });
  temporal.registries.set('edge', { 'shop/web:v1': TWO });
  temporal.asked.length = 0;
  temporal.running.clear();
  for (const sync of await api.catalogue.syncs.list({ limit: 1_000 }))
    await api.catalogue.syncs.put({ ...sync, endedAt: NEVER });
  await api.catalogue.syncs.prune(-1);
});

const image = async (args: string[], options?: CliOptions): Promise<CliRun> => api.cli(['image', ...args], options);
const TO_EDGE = ['sync', 'shop/web:v1', '--from', 'north', '--to', 'edge'];

const REPORT = {
  ...{ startedAt: NEVER, ms: 3_240, wasHere: false, bytes: 20_400_000, sent: 4, mounted: 2, skipped: 1, duplicates: 0 },
  ...{ uploads: 4, attempts: 2 },
};

/** Writes how far it is, as the workflow does. */
async function written(state: Sync['state'], change: Partial<Sync> = {}): Promise<void> {
  const ended = state === 'queued' || state === 'arrived' ? null : new Date().toISOString();
  await api.catalogue.syncs.put({
    ...{ repository: 'shop/web', digest: ONE, registry: 'edge', from: 'north', state, tags: { v1: null } },
    ...{ priority: 'normal', wantedBy: ['li by hand'], askedAt: temporal.asked[0]?.requests[0]?.askedAt ?? NEVER },
    ...{ endedAt: ended, report: null, trouble: null, notBefore: null },
    ...change,
  });
}

/** Everything that the command has written to standard output so far. */
let seen = '';
const watch = (stdout: string): void => void (seen = stdout);

/** Plays the workflow of what is asked for: each step once what the one before is to show was shown. */
async function play(...steps: [step: () => void | Promise<void>, shows?: string][]): Promise<void> {
  await vi.waitUntil(() => temporal.asked.length > 0, { timeout: 20_000 });
  for (const [step, shows] of steps) {
    await step();
    if (shows !== undefined) await vi.waitUntil(() => seen.includes(shows), { timeout: 20_000 });
  }
}

const copying = (hereBytes: number, change: object = {}) => {
  const copied = { blobs: 4, here: 1, bytes: 20_000_000, hereBytes, sentBytes: hereBytes };
  const beat = { startedAt: NEVER, registries: { edge: { ...copied, tally: {} } } };
  temporal.running.set(`sync/shop/web@${ONE}`, [pendingActivity('images-north', beat, change)]);
};

test('an image is planned, and its person may still say no', async () => {
  const dry = await image(['sync', 'shop/web:v1', '--from', 'north', '--to', 'edge,far', '--dry-run']);
  expect(dry).toMatchObject({ exit: 0, stderr: '' });
  expect(dry.stdout.split('\n').slice(0, 3)).toEqual([
    'shop/web:v1 is sha256:111111111111 in north',
    '  edge  has another one (sha256:222222222222): it is brought, and v1 moves',
    '  far   cannot be seen: tried until it answers, for a day (REGISTRY_UNREACHABLE: far does not answer)',
  ]);
  const refused = await image(TO_EDGE, { answers: 'n' });
  expect(refused.stderr).toContain('Bring it? [y/N]');
  expect(refused.stderr).toContain('nothing was brought');
  expect([refused.exit, temporal.asked]).toEqual([0, []]);
});

test('it is followed line by line until it is there; what was written before does not count', async () => {
  await written('failed', { trouble: { verdict: 'errored', code: 'IMAGE_GONE', message: 'long ago' } });
  const run = image([...TO_EDGE, '--priority', 'high', '--no-referrers', '--platform', 'linux/amd64'], { watch });
  await play(
    [async () => written('queued'), 'waits for its turn'],
    [() => copying(1_000_000), '5 %'],
    [
      () =>
        copying(12_400_000, { attempt: 2, lastFailure: { message: 'reset', applicationFailureInfo: { type: 'X' } } }),
      '62 %',
    ],
    [async () => written('done', { report: REPORT, tags: { v1: 'superseded' } })],
  );
  const { exit, stdout } = await run;
  expect(exit).toBe(0);
  expect(stdout).not.toContain('long ago');
  const lines = stdout.split('\n').filter((line) => line.startsWith('edge'));
  expect(lines).toEqual([
    'edge  queued  waits for its turn',
    'edge  queued  █░░░░░░░░░░░░░░░░░░░   5 %  1.00 MB of 20.0 MB',
    'edge  queued  ████████████░░░░░░░░  62 %  12.4 MB of 20.0 MB  attempt 2; last: X: reset',
    'edge  done  20.4 MB in 3.2 s, blobs: 4 sent, 2 mounted, 1 there before, 2 attempts; v1 not moved: north names another image so',
  ]);
  const [input] = temporal.asked;
  expect(input?.requests[0]).toMatchObject({
    ...{ tag: 'v1', priority: 'high', wantedBy: 'li by hand' },
    to: [{ name: 'edge', platforms: ['linux/amd64'], referrers: false }],
  });
});

test('on a terminal bars move in place, with the rate', async () => {
  const run = image([...TO_EDGE, '--yes'], { answers: '', watch });
  await play(
    [
      async () => {
        copying(1_000_000);
        await written('queued');
      },
      '5 %',
    ],
    [() => copying(12_400_000), 'MB/s'],
    [async () => written('done', { report: REPORT })],
  );
  expect((await run).exit).toBe(0);
  expect(seen).toMatch(/62 %.*12\.4 MB of 20\.0 MB {2}\d+(\.\d+)? MB\/s/);
});

test.each<[Sync['state'], number, string]>([
  ['failed', 3, 'IMAGE_GONE: it is gone'],
  ['cancelled', 4, 'its tags are what they were before'],
])('what is %s ends with its exit code', async (state, exit, words) => {
  const trouble = { verdict: 'errored', code: 'IMAGE_GONE', message: 'it is gone' } as const;
  const run = image(TO_EDGE);
  await play([async () => written(state, state === 'failed' ? { trouble } : {})]);
  const { stdout, ...ended } = await run;
  expect(ended.exit).toBe(exit);
  expect(stdout).toContain(`edge  ${state}  ${words}`);
});

test('as JSON it is one answer, with what became of it; without waiting, what was accepted', async () => {
  const run = image([...TO_EDGE, '--json']);
  await play([async () => written('done', { report: REPORT })]);
  const { stdout } = await run;
  expect(JSON.parse(stdout)).toMatchObject({
    digest: ONE,
    syncs: [{ registry: 'edge', state: 'done', report: REPORT }],
  });
  const accepted = await image([...TO_EDGE, '--no-wait', '--json']);
  expect(JSON.parse(accepted.stdout)).toMatchObject({ id: expect.stringMatching(/^syn-/) as string, digest: ONE });
  expect(accepted.stderr).toContain(`transship image status shop/web@${ONE}`);
});

test('Ctrl-C ends the watching only', async () => {
  const interrupt = new AbortController();
  const run = image(TO_EDGE, { interrupt: interrupt.signal, watch });
  await play([async () => written('queued'), 'queued']);
  interrupt.abort();
  expect(await run).toMatchObject({ exit: 130, stderr: expect.stringContaining('it goes on') as string });
});

test('the overview tells what is open, what failed lately, how long it takes, and why something is late', async () => {
  const nothing = await image(['status']);
  expect(nothing.stdout).toBe(
    'nothing is open\n\nnothing has failed lately\n\nno image was asked for in the last 24 h\n',
  );
  const minutes = (count: number): string => new Date(Date.now() - count * 60_000).toISOString();
  await written('queued', { askedAt: minutes(2), tags: {} });
  copying(0, { attempt: 7, state: 1, lastFailure: { message: 'no answer', applicationFailureInfo: { type: 'Y' } } });
  await written('queued', { digest: TWO, askedAt: minutes(90), priority: 'low' });
  await written('failed', {
    ...{ repository: 'pay/web', registry: 'far', askedAt: minutes(10), endedAt: minutes(9) },
    trouble: { verdict: 'errored', code: 'REGISTRY_DENIED', message: 'no right to push' },
  });
  await written('done', { repository: 'pay/web', askedAt: minutes(10), endedAt: minutes(9.9), report: REPORT });

  const { exit, stdout, stderr } = await image(['status']);
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^open\nimage +digest .*\nshop\/web:v1 +sha256:222222222222 +edge +queued +90 min \d+ s /);
  expect(stdout).toMatch(
    /^failed lately\n.*\npay\/web:v1 .* far +failed +took 60 s +li by hand +REGISTRY_DENIED: no right/m,
  );
  expect(stdout).toMatch(/^edge +1 +0 +6\.0 s +6\.0 s +6\.0 s +6\.0 s +100\.0 % +···█····· +2 +90 min \d+ s$/m);
  expect(stdout).toMatch(/^far +0 +1 +0\.0 % +········· +0$/m);
  expect(stderr).toMatch(/^waits: shop\/web:v1 to edge for 90 min \d+ s: waits for a worker of the queue/m);
  expect(stderr).toMatch(/^waits: shop\/web@sha256:111111111111 to edge for 2 min \d+ s: /m);
  expect(stderr).toContain('attempt 7 waits for a worker; last: Y: no answer');

  const far = JSON.parse((await image(['status', '--registry', 'far', '--json'])).stdout) as {
    open: Sync[];
    failed: Sync[];
    stats: { registries: { registry: string }[] };
  };
  expect([far.open, far.failed.length, far.stats.registries.map(({ registry }) => registry)]).toEqual([[], 1, ['far']]);
});

test('syncs of an image are found by its repository, tag or digest, and by their state', async () => {
  await written('done', { report: { ...REPORT, wasHere: true, bytes: 0 } });
  await written('failed', { digest: TWO, tags: { v2: null } });
  const listed = async (...args: string[]): Promise<string[]> => {
    const { stdout } = await image(['status', ...args, '--json']);
    return (JSON.parse(stdout) as { syncs: Sync[] }).syncs.map(({ digest }) => digest).sort();
  };
  expect(await listed('shop/web')).toEqual([ONE, TWO]);
  expect(await listed('shop/web:v2')).toEqual([TWO]);
  expect(await listed(`shop/web@${ONE}`)).toEqual([ONE]);
  expect(await listed('--state', 'failed')).toEqual([TWO]);
  expect((await image(['status', 'shop/web:v1'])).stdout).toMatch(/ done +took .* was there\n$/);
  expect((await image(['status', 'pay/web'])).stdout).toBe('nothing is known of pay/web\n');
  const wrong = await image(['status', 'north:5000/shop/web:v1']);
  expect([wrong.exit, wrong.stderr]).toEqual([2, expect.stringContaining('without the host of a registry')]);
});

test('status is watched until nothing is open', async () => {
  await written('queued');
  const run = image(['status', 'shop/web', '--watch'], { watch });
  await vi.waitUntil(() => seen.includes('queued'), { timeout: 20_000 });
  await written('done', { report: REPORT });
  expect(await run).toMatchObject({ exit: 0, stdout: expect.stringMatching(/queued[^]* done /) as string });
});

test('what is not known of all is said', async () => {
  await written('queued');
  temporal.outages.push('describe');
  const { stderr } = await image(['status', 'shop/web']);
  expect(stderr).toContain('what goes on is not known of all: Temporal does not answer');
});

test('registries are compared; the exit code says whether they differ, or cannot be asked', async () => {
  temporal.registries.set('north', { 'shop/web:v1': ONE, 'shop/web:v2': ONE, 'shop/web:v3': ONE });
  temporal.registries.set('edge', { 'shop/web:v1': ONE, 'shop/web:v2': TWO });
  const all = await image(['diff', 'shop/web', '--registries', 'north,edge']);
  expect(all.exit).toBe(1);
  expect(all.stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['tag', 'north', 'edge'],
    ['v1', 'sha256:111111111111', 'same'],
    ['v2', 'sha256:111111111111', 'differs: sha256:222222222222'],
    ['v3', 'sha256:111111111111', 'missing'],
    [''],
  ]);
  expect(all.stderr).toContain('2 of 3 tags differ');
  expect((await image(['diff', 'shop/web:v1', '--registries', 'north,edge'])).exit).toBe(0);
  const away = await image(['diff', 'shop/web:v1']);
  expect([away.exit, away.stdout]).toEqual([7, expect.stringMatching(/same +unreachable/)]);
  expect(away.stderr).toContain('far: REGISTRY_UNREACHABLE: far does not answer');
  expect(await image(['diff', 'pay/web', '--registries', 'north'])).toMatchObject({ exit: 0, stdout: 'no tags\n' });
  const digest = await image(['diff', `shop/web@${ONE}`]);
  expect([digest.exit, digest.stderr]).toEqual([2, expect.stringContaining('the same everywhere')]);
  temporal.cut.add('edge');
  const cut = await image(['diff', 'shop/web', '--registries', 'north,edge']);
  temporal.cut.clear();
  expect(cut.stdout).toMatch(/^v3 +sha256:111111111111 +not looked at$/m);
  expect(cut.stderr).toContain('edge has more tags');
});

test('a sync is cancelled by its digest', async () => {
  temporal.running.set(`sync/shop/web@${ONE}`, []);
  const cancelled = await image(['cancel', `shop/web@${ONE}`]);
  expect([cancelled.exit, cancelled.stdout]).toEqual([0, expect.stringContaining('tags that it moved go back')]);
  expect(temporal.cancelled).toContain(`sync/shop/web@${ONE}`);
  const unknown = await image(['cancel', `shop/web@${TWO}`]);
  expect([unknown.exit, unknown.stderr]).toEqual([2, expect.stringContaining('SYNC_UNKNOWN')]);
  expect(unknown.stderr).toContain('next: It has ended, or never began');
});

test('wrong words are told before anything is asked', async () => {
  for (const args of [
    ['sync', 'shop/web:v1', '--to', 'edge,,far'],
    ['sync', 'shop/web:v1', '--priority', 'urgent'],
    ['status', '--state', 'lost'],
    ['sync'],
  ])
    expect((await image(args)).exit).toBe(2);
  expect(temporal.asked).toEqual([]);
});

test('help teaches, with examples', async () => {
  for (const command of ['sync', 'status', 'diff', 'cancel']) {
    const { exit, stdout } = await cli(['image', command, '--help']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples?:\\n {2}transship image ${command} ?`));
  }
});
