import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { OperationInstance } from '../../../src/catalogue/types.ts';
import type { ReleaseState } from '../../../src/domain/states.ts';
import type { Release, ReleaseEvent } from '../../../src/cli/release-text.ts';
import { createRelease, event } from '../../support/catalogue.ts';
import { listen, type ListeningApi } from './support.ts';

// Real servers, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let api: ListeningApi;

beforeAll(async () => {
  api = await listen();
});
afterAll(async () => api.close());

let made = 0;

/** A release whose workflow this test plays: it writes what the workflow would. */
async function play(): Promise<{
  id: string;
  enter(state: ReleaseState, of?: 'group' | 'release'): Promise<void>;
  step(instance: string, step: string): Promise<void>;
  instances(...phases: OperationInstance['phase'][]): Promise<void>;
}> {
  const letter = 'abcdefghijklmnop'[made++] ?? 'q';
  const { release: id, group } = await createRelease(api.catalogue, `rel-${letter.repeat(10)}`);
  let notes = 0;
  return {
    id,
    async enter(state, of = 'group') {
      const operation = of === 'group' ? group : id;
      await api.catalogue.events.append([
        event(id, {
          operation,
          kind: 'state',
          instance: null,
          step: state,
          outcome: null,
          message: state,
          key: `w${notes++}`,
        }),
      ]);
      await api.catalogue.operations.setState(operation, { state, waiting: '', trouble: null });
    },
    step: async (instance, step) =>
      api.catalogue.events.append([event(id, { instance, step, message: `${step} of ${instance}` })]),
    async instances(...phases) {
      const rows = phases.map((phase, index) => ({
        name: `web-${index}`,
        index,
        idc: 'north',
        az: 'az-1',
        batch: index === 0 ? 0 : 1,
        phase,
        trouble:
          phase === 'failed' ? { verdict: 'failed' as const, code: 'IGNITION_FAILED', message: 'it says 527' } : null,
      }));
      await api.catalogue.operations.setInstances(group, rows);
    },
  };
}

test('watch gives each event as a line, and ends with the release', async () => {
  const release = await play();
  await release.enter('SMOKING');
  const watched = api.cli(['release', 'watch', release.id]);
  await release.step('web-0', 'takeOut');
  await release.enter('SUCCESS');
  await release.enter('SUCCESS', 'release');
  const { exit, stdout } = await watched;
  expect(exit).toBe(0);
  expect(stdout).toMatch(
    /^[\d:]{8} {2}web {2}SMOKING\n[\d:]{8} {2}takeOut of web-0 done\n[\d:]{8} {2}web {2}SUCCESS\n[\d:]{8} {2}release {2}SUCCESS\nrel-\w+ {2}SUCCESS\n$/,
  );
});

test.each([
  ['FAILURE', 3],
  ['REVOKED', 4],
] as const)('a release that ended in %s is exit %d', async (state, exit) => {
  const release = await play();
  await release.enter(state);
  await release.enter(state, 'release');
  expect((await api.cli(['release', 'watch', release.id])).exit).toBe(exit);
  expect((await api.cli(['release', 'get', release.id])).exit).toBe(exit);
});

test.each([
  ['SMOKE_FAILURE', 3, 'abort'],
  ['ROLLOUT_BRAKED', 5, 'resume'],
] as const)('watch ends with a release that waits in %s, and says what may be done', async (state, exit, command) => {
  const release = await play();
  await release.enter('ROLLING_OUT', 'release');
  await release.enter(state);
  const run = await api.cli(['release', 'watch', release.id]);
  expect(run.exit).toBe(exit);
  expect(run.stderr).toContain(`transship release ${command} ${release.id}`);
});

test('a brake that somebody releases at once does not end the watching', async () => {
  const release = await play();
  await release.enter('ROLLOUT_BRAKED');
  const watched = api.cli(['release', 'watch', release.id]);
  await sleep(300);
  await release.enter('ROLLING_OUT');
  await sleep(2_000);
  await release.enter('SUCCESS');
  await release.enter('SUCCESS', 'release');
  expect((await watched).exit).toBe(0);
});

test('with --json each event is a line, and the release is the last one', async () => {
  const release = await play();
  await release.enter('SMOKING');
  await release.enter('SUCCESS', 'release');
  const { stdout } = await api.cli(['release', 'watch', release.id, '--json']);
  const lines = stdout.trimEnd().split('\n');
  const events = lines.slice(0, -1).map((line) => JSON.parse(line) as ReleaseEvent);
  expect(events.map(({ seq, step }) => [seq, step])).toEqual([
    [1, 'SMOKING'],
    [2, 'SUCCESS'],
  ]);
  expect(JSON.parse(lines.at(-1) ?? '') as Release).toMatchObject({ id: release.id, state: 'SUCCESS' });
});

test('Ctrl-C ends the watching, not the release', async () => {
  const release = await play();
  await release.enter('SMOKING');
  const interrupt = new AbortController();
  const run = await api.cli(['release', 'watch', release.id], {
    interrupt: interrupt.signal,
    watch: (stdout) => {
      if (stdout.includes('SMOKING')) interrupt.abort();
    },
  });
  expect(run.exit).toBe(130);
  expect(run.stderr).toContain('the release goes on');
});

test('at a terminal batches and instances are drawn in place', async () => {
  const release = await play();
  await release.enter('ROLLING_OUT', 'release');
  await release.enter('ROLLING_OUT');
  await release.instances('done', 'out', 'failed');
  let frames = '';
  const watched = api.cli(['release', 'watch', release.id], { answers: '', watch: (stdout) => (frames = stdout) });
  await expect.poll(() => frames, { timeout: 5_000 }).toContain('✗');
  await release.instances('done', 'done', 'done');
  await release.enter('SUCCESS');
  await release.enter('SUCCESS', 'release');
  const { exit, stdout } = await watched;
  expect(exit).toBe(0);
  expect(stdout).toMatch(/web {2}ROLLING_OUT {2}1\/3\n {2}bastion {3}● web-0\n {2}batch 1 {3}○ web-1 {2}✗ web-2\n/);
  expect(stdout).toContain('web-2 (north/az-1)  IGNITION_FAILED: it says 527');
  const last = stdout.slice(stdout.lastIndexOf('shop v2 to pro'));
  expect(last).toMatch(/SUCCESS[^]*web {2}SUCCESS {2}3\/3/);
});

test('a command that is not legal is refused with the legal ones', async () => {
  const release = await play();
  await release.enter('ROLLING_OUT', 'release');
  await release.enter('BAKING');
  const run = await api.cli(['release', 'resume', release.id]);
  expect(run.exit).toBe(6);
  expect(run.stderr).toMatch(
    /COMMAND_ILLEGAL: resume: .*\.web is BAKING, legal there: brake, configure, rollback, abort/,
  );
});

test('releases are listed, latest first', async () => {
  const first = await play();
  const second = await play();
  await first.enter('SUCCESS', 'release');
  const all = (await api.cli(['release', 'get'])).stdout;
  expect(all.indexOf(second.id)).toBeLessThan(all.indexOf(first.id));
  const live = (await api.cli(['release', 'get', '--live', '--app', 'shop'])).stdout;
  expect(live).toContain(second.id);
  expect(live).not.toContain(first.id);
});
