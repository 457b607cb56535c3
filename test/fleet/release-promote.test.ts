// A version goes through several environments, one after the other.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { pushShop, shopApp } from '../../devfleet/shop.ts';
import type { AppView } from '../../src/http/schemas/app.ts';
import type { Release } from '../../src/http/schemas/release.ts';
import type { ReleasePlan } from '../../src/temporal/messages.ts';
import { endOf, events, everywhere, PATIENCE, registriesOf, settledAfter, temporalOf } from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  await platform.push('v1', { igniteSeconds: 0.3 });
  await platform.push('broken', { ignite: 'fail' });
});

afterAll(() => platform.stop());

const ENVS = ['fat', 'uat', 'pro'];
const viewOf = (id: string): Promise<Release> => platform.rest<Release>('GET', `/v1/releases/${id}`);
const command = async (id: string, name: string): Promise<void> => {
  await platform.rest('POST', `/v1/releases/${id}/commands`, { command: name });
};
const promote = async (app: string, version: string, more: object = {}): Promise<string> =>
  (await platform.rest<{ id: string }>('POST', '/v1/promotions', { app, version, ...more })).id;

/** An app with a group of one instance in each AZ, in each environment. */
async function anApp(app: string): Promise<void> {
  const { groups, ...rest } = shopApp(everywhere(platform, 1), { app }) as { groups: object[] };
  const all = ENVS.flatMap((environment) => groups.map((group) => ({ ...group, environment })));
  await platform.rest('PUT', `/v1/apps/${app}`, { ...rest, groups: all });
}

/** Environment → version that runs there. */
async function versions(app: string): Promise<Record<string, string>> {
  const { groups } = await platform.rest<AppView>('GET', `/v1/apps/${app}`);
  return Object.fromEntries(
    groups.flatMap(({ env, released }) => (released === null ? [] : [[env, released.version]])),
  );
}

/** Waits until it has ended or waits for a person, after what was sent to it. */
async function after(id: string, act: () => Promise<void>): Promise<Release> {
  const seq = (await events(platform, id, 0)).at(-1)?.seq ?? 0;
  await act();
  return settledAfter(platform, id, seq);
}

test('a promotion goes from one environment to the next at a word, or by the clock, with the same images', async () => {
  const app = 'promoted';
  await anApp(app);
  expect(await endOf(platform, await promote(app, 'v1', { promote: 'automatic' }))).toMatchObject({
    state: 'SUCCESS',
    flavor: 'promote',
    stages: ENVS.map((env) => ({ env, state: 'SUCCESS' })),
  });
  expect(await versions(app)).toEqual({ fat: 'v1', uat: 'v1', pro: 'v1' });

  const digest = await pushShop(registriesOf(platform), 'v2', { igniteSeconds: 0.3 });
  const plan = await platform.cli('promote', app, 'v2', '--env', 'fat', 'pro', '--dry-run');
  expect(plan.stdout).toMatch(/fat → pro[\s\S]*fat\/web {2}in place[\s\S]*pro\/web {2}in place/);
  const started = await platform.cli('promote', app, 'v2', '--env', 'fat', 'pro', '--json');
  const { id } = JSON.parse(started.stdout) as { id: string };
  const waits = await settledAfter(platform, id, 0);
  expect(waits).toMatchObject({
    state: 'BATCH_SUCCESS',
    commands: ['rollout', 'abort'],
    waiting: expect.stringMatching(/^waits for "rollout": v2 is released in fat; pro is next/) as string,
    stages: [
      { env: 'fat', state: 'SUCCESS' },
      { env: 'pro', release: null, state: 'PENDING' },
    ],
  });
  expect(await versions(app)).toEqual({ fat: 'v2', uat: 'v1', pro: 'v1' });
  const shown = await platform.cli('release', 'get', id);
  expect(shown.stdout).toMatch(/promote: promoted v2 to fat → pro[\s\S]*fat +SUCCESS/);

  // Somebody pushes something else under the tag: what was tried is what goes on.
  expect(await pushShop(registriesOf(platform), 'v2', { igniteSeconds: 0.4 })).not.toBe(digest);
  // And no API process lives for ever.
  await platform.apiProcess.restart();
  await vi.waitUntil(() => viewOf(id).then(Boolean, () => false), PATIENCE);
  const done = await after(id, () => command(id, 'rollout'));
  expect(done).toMatchObject({ state: 'SUCCESS', commands: [] });
  const { groups } = await platform.rest<AppView>('GET', `/v1/apps/${app}`);
  const inPro = groups.find(({ env }) => env === 'pro');
  expect(inPro?.released?.images['web']?.digest).toBe(digest);
  const again = await promote(app, 'v2', { envs: ['fat', 'pro'], promote: 'automatic' });
  expect((await endOf(platform, again)).state).toBe('SUCCESS');
});

describe.concurrent('a promotion', () => {
  test('stops where a release does not succeed; resume releases there again, an abort undoes that one only', async () => {
    const app = 'promotion-stops';
    await anApp(app);
    expect((await endOf(platform, await promote(app, 'v1', { promote: 'automatic' }))).state).toBe('SUCCESS');

    const id = await promote(app, 'broken', { promote: '1s' });
    const held = async (attempt: number): Promise<string> => {
      await vi.waitUntil(async () => {
        const own = (await events(platform, id, 0)).filter(
          ({ step, outcome }) => step === 'stage' && outcome === 'begun',
        );
        return own.length === attempt;
      }, PATIENCE);
      const release = (await viewOf(id)).stages[0]?.release ?? '';
      await vi.waitUntil(async () => (await viewOf(release)).state === 'SMOKE_FAILURE', PATIENCE);
      return release;
    };
    const first = await held(1);
    const stopped = await after(id, () => command(first, 'abort'));
    expect(stopped).toMatchObject({
      state: 'ROLLOUT_FAILURE',
      trouble: { code: 'STAGE_FAILED', message: `fat: ${first} ended in REVOKED` },
      commands: ['resume', 'abort'],
    });
    await command(id, 'resume');
    const second = await held(2);
    expect(second).not.toBe(first);
    expect((await after(id, () => command(id, 'abort'))).state).toBe('REVOKED');
    expect((await viewOf(second)).state).toBe('REVOKED');
    expect(await versions(app)).toEqual({ fat: 'v1', uat: 'v1', pro: 'v1' });
  });

  test('cancelled in the Temporal UI while its release ignites, that is undone', async () => {
    const app = 'promotion-cancelled';
    await anApp(app);
    const slow = await promote(app, 'v1', { envs: ['fat'] });
    expect((await endOf(platform, slow)).state).toBe('SUCCESS');
    await platform.push('slow', { ignite: 'never' });
    const id = await promote(app, 'slow', { envs: ['fat', 'pro'] });
    await vi.waitUntil(async () => (await viewOf(id)).stages[0]?.state === 'SMOKING', PATIENCE);
    const client = await temporalOf(platform);
    await client.workflow.getHandle(`release/${id}`).cancel();
    expect((await endOf(platform, id)).state).toBe('REVOKED');
    expect(await versions(app)).toEqual({ fat: 'v1' });
  });

  test('what cannot be is refused, and nothing changes', async () => {
    const app = 'promotion-bad';
    await anApp(app);
    const refusal = (path: string, body: object): Promise<string> =>
      platform.rest('POST', path, body).then(
        () => 'accepted',
        (error: unknown) => String(error),
      );
    const asked = (more: object): Promise<string> => refusal('/v1/promotions', { app, version: 'v1', ...more });
    expect(await asked({ app: 'nobody' })).toContain('APP_UNKNOWN');
    expect(await asked({ envs: ['fat', 'moon'] })).toContain('ENVIRONMENT_UNKNOWN');
    expect(await asked({ envs: [] })).toContain('REQUEST_INVALID');
    expect(await asked({ envs: ['fat', 'fat'] })).toContain('REQUEST_INVALID');
    expect(await asked({ groups: ['api'] })).toContain('GROUP_UNKNOWN');
    expect(await asked({ promote: 'soon' })).toContain('REQUEST_INVALID');
    expect(await asked({ version: 'v9' })).toContain('IMAGE_UNKNOWN');
    expect(await asked({ config: { batchPercent: 60 } })).toContain('REQUEST_INVALID');
    const plan = await platform.rest<ReleasePlan>('POST', '/v1/promotions?dryRun=true', { app, version: 'v1' });
    expect(plan.groups.map(({ ref, mode }) => [ref.env, mode])).toEqual(ENVS.map((env) => [env, 'create']));
    const id = await promote(app, 'v1', { envs: ['fat', 'uat'] });
    expect(await refusal(`/v1/releases/${id}/commands`, { command: 'bake' })).toContain('COMMAND_ILLEGAL');
    expect((await settledAfter(platform, id, 0)).state).toBe('BATCH_SUCCESS');
    expect(await refusal(`/v1/releases/${id}/rollback`, {})).toContain('COMMAND_ILLEGAL');
    expect((await after(id, () => command(id, 'abort'))).state).toBe('REVOKED');
    expect(await refusal(`/v1/releases/${id}/rollback`, {})).toContain('roll back its releases');
    expect(await refusal(`/v1/releases/${id}/retry`, {})).toContain('COMMAND_ILLEGAL');
    expect(await versions(app)).toEqual({ fat: 'v1' });
  });
});
