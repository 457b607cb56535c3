import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imageActivities, type CopyImageInput } from '../../../src/activities/image.ts';
import { parseFleet } from '../../../src/domain/fleet.ts';
import { openRegistries, type Registries } from '../../../src/worker/registries.ts';
import { asActivity } from '../../support/activity.ts';
import { HarborWorld, type As } from '../../support/harbor-world.ts';
import { seedImage } from '../../support/registry/images.ts';
import { RegistryWorld } from '../../support/registry/world.ts';
import type { Adversary } from '../../support/registry/adversary.ts';

// What the activities of a worker make of a Harbor that has no project, no room, or no wish to take what they bring.

let harbor: HarborWorld;
let source: Adversary;
let replica: Adversary;
const others = new RegistryWorld();
const opened: Registries[] = [];

beforeAll(async () => {
  harbor = await HarborWorld.start();
  [source, replica] = [await others.registry(), await others.registry()];
});
afterAll(async () => {
  await Promise.all(opened.map((registries) => registries.close()));
  await others.end();
  await harbor.stop();
});

/** The activities of a worker of the Harbor's IDC, `south`; images come from `north`. */
function south(as: As = harbor.admin) {
  if (as === null || 'authorization' in as) throw new Error('it takes a user');
  const nowhere = 'kind: marathon, urls: ["http://127.0.0.1:9"], network: none';
  const text = `
fleet: test
environments: [{ name: pro }]
idcs:
  - name: north
    azs: [az-1]
    registry: { url: '${source.url}' }
    clusters: [{ name: north-m, ${nowhere} }]
  - name: south
    azs: [az-1]
    registry: { url: '${harbor.fleet.harbor.url}', kind: harbor, credential: { user: '${as.user}', password: '${as.password}' } }
    replicas: [{ name: edge, url: '${replica.url}' }]
    clusters: [{ name: south-m, kind: marathon, urls: ["http://127.0.0.2:9"], network: none }]
catalogue: { url: postgres://127.0.0.1:1/none }
`;
  const registries = openRegistries(parseFleet(text, {}, 'fleet.yml'), ['south'], async () => Promise.resolve(1));
  opened.push(registries);
  // Nothing is compared here.
  const syncTags = { brought: async () => Promise.resolve([]), repositories: async () => Promise.resolve([]) };
  return imageActivities(registries.of('south'), { syncTags });
}

/** An image of its own in the source. */
function image(repository: string, more: Partial<CopyImageInput> = {}): CopyImageInput {
  const { digest } = seedImage(source, repository, 'v1', [2_000], { seed: repository });
  return { repository, digest, from: 'north', near: [], to: ['south'], referrers: true, ...more };
}

async function failureOf(act: () => Promise<unknown>): Promise<ApplicationFailure> {
  const failure = await asActivity(act).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(failure instanceof ApplicationFailure)) throw new Error(`it failed with ${String(failure)}`);
  return failure;
}

describe('a project that is not there', () => {
  test('is made, private, where the rule says so, and the image arrives', async () => {
    const input = image('made/web', { createProjectAt: ['south'] });
    const [outcome] = await asActivity(() => south().copyImage(input));
    expect(outcome).toMatchObject({ registry: 'south', trouble: null, report: { wasHere: false } });
    const { json } = await harbor.api('GET', '/projects/made');
    expect(json).toMatchObject({ name: 'made', metadata: { public: 'false' }, repo_count: 1 });
  });

  test('is made once where two want it at the same time', async () => {
    const inputs = ['race/web', 'race/api'].map((name) => image(name, { createProjectAt: ['south'] }));
    const activities = south();
    const outcomes = await Promise.all(inputs.map((input) => asActivity(() => activities.copyImage(input))));
    expect(outcomes.flat().map(({ trouble }) => trouble)).toEqual([null, null]);
    const { json } = await harbor.api('GET', '/projects?name=race');
    expect(json).toMatchObject([{ name: 'race', repo_count: 2 }]);
  });

  test('who loses that race goes on: the project is there', async () => {
    const input = image('lost/web', { createProjectAt: ['south'] });
    // Its HEAD finds none; by the time of its POST somebody else has made it.
    await harbor.hand('POST', '/mishaps', {
      method: 'HEAD',
      path: '/projects',
      mishap: { kind: 'refuse', status: 404 },
    });
    await harbor.project('lost');
    const [outcome] = await asActivity(() => south().copyImage(input));
    expect(outcome?.trouble).toBeNull();
  });

  test('is named, with what to do, where no rule says so; what is beside it gets the image', async () => {
    const input = image('absent/web', { to: ['south', 'edge'] });
    const outcomes = await asActivity(() => south().copyImage(input));
    expect(outcomes.find(({ registry }) => registry === 'edge')).toMatchObject({ trouble: null });
    const { host } = new URL(harbor.fleet.harbor.url);
    expect(outcomes.find(({ registry }) => registry === 'south')?.trouble).toEqual({
      verdict: 'errored',
      code: 'PROJECT_UNKNOWN',
      message: `${host} has no project absent, where absent/web belongs`,
    });
    expect((await harbor.api('HEAD', '/projects?project_name=absent')).status).toBe(404);
  });

  test('has nothing in it, for whoever looks', async () => {
    const activities = south();
    const at = { registry: 'south', repository: 'absent/web' };
    expect(await asActivity(() => activities.readTag({ ...at, tag: 'v1' }))).toBeNull();
    const look = { ...at, references: ['v1'], most: 10 };
    expect(await asActivity(() => activities.lookAtRepository(look))).toMatchObject({
      digests: { v1: null },
      trouble: null,
    });
    expect(await asActivity(() => activities.lookAtRepository({ ...look, references: null }))).toMatchObject({
      digests: {},
      trouble: null,
    });
  });

  test('cannot be made by a robot of a project: what to do is said, and others get the image', async () => {
    await harbor.project('own');
    const robot = await harbor.robot('own', 'copier', ['repository:pull', 'repository:push']);
    const input = image('denied/web', { to: ['south', 'edge'], createProjectAt: ['south'] });
    const outcomes = await asActivity(() => south(robot).copyImage(input));
    expect(outcomes.find(({ registry }) => registry === 'edge')).toMatchObject({ trouble: null });
    expect(outcomes.find(({ registry }) => registry === 'south')?.trouble).toMatchObject({
      code: 'REGISTRY_DENIED',
      message: expect.stringMatching(/project denied is not in .*Only system level robot.*project: create/) as string,
    });
  });
});

test('a credential without rights is no missing project', async () => {
  await harbor.project('closed');
  const robot = await harbor.robot('library', 'stranger', ['repository:pull']);
  const [outcome] = await asActivity(() => south(robot).copyImage(image('closed/web')));
  expect(outcome?.trouble).toMatchObject({ code: 'REGISTRY_DENIED' });
});

test('a quota that is used up: for good, with its own code', async () => {
  await harbor.project('small');
  await harbor.hand('PUT', '/projects/small/quota', { hard: 100 });
  const [outcome] = await asActivity(() => south().copyImage(image('small/web')));
  expect(outcome?.trouble).toMatchObject({
    code: 'REGISTRY_QUOTA',
    message: expect.stringMatching(/exceed the configured upper limit/) as string,
  });
});

test('an immutable tag: for good, with its own code, when it is moved and when it is taken away', async () => {
  await harbor.project('fixed');
  await harbor.push('fixed/web', 'v1', { seed: 'what was there' });
  await harbor.hand('POST', '/projects/fixed/immutable', { tag: 'v*' });
  const { repository, digest } = image('fixed/web');
  const activities = south();
  await asActivity(() => activities.copyImage(image('fixed/web')));
  const move = { registry: 'south', repository, tag: 'v1', digest, from: 'north', before: null };
  expect(await failureOf(() => activities.moveTag(move))).toMatchObject({ type: 'TAG_IMMUTABLE', nonRetryable: true });
  const fresh = { ...move, tag: 'v2' };
  source.tags.set('fixed/web v2', digest);
  expect(await asActivity(() => activities.moveTag(fresh))).toBe('moved');
  expect(await failureOf(() => activities.restoreTag(fresh))).toMatchObject({
    type: 'TAG_IMMUTABLE',
    nonRetryable: true,
  });
});

test.each([
  ['busy', 429, 'REGISTRY_BUSY'],
  ['away', 502, 'REGISTRY_UNREACHABLE'],
])('a Harbor that is %s is tried again, also by Temporal, before a project is made', async (_how, status, code) => {
  const input = image(`later-${status}/web`, { createProjectAt: ['south'] });
  const mishap = { kind: 'refuse', status };
  const once = { method: 'POST', path: '/api/v2.0/projects', mishap };
  // The client tries three times.
  for (const call of [1, 2, 3]) await harbor.hand('POST', '/mishaps', { ...once, call });
  expect(await failureOf(() => south().copyImage(input))).toMatchObject({ type: code, nonRetryable: false });
  const [outcome] = await asActivity(() => south().copyImage(input));
  expect(outcome?.trouble).toBeNull();
});
