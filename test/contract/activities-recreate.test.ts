import { afterAll, beforeAll, expect, test } from 'vitest';
import { azSetActivities } from '../../src/activities/azset.ts';
import { instanceActivities, type InstanceDrivers } from '../../src/activities/instance.ts';
import { openCatalogue } from '../../src/catalogue/index.ts';
import type { Catalogue } from '../../src/catalogue/types.ts';
import type { InstanceRef } from '../../src/domain/types.ts';
import type { ReplaceTarget, StagedRevision } from '../../src/drivers/azset/index.ts';
import { waitIgnited } from '../../src/drivers/ignition/wait.ts';
import { asActivity } from '../support/activity.ts';
import { createRelease } from '../support/catalogue.ts';
import { kubernetesWorld } from '../support/kubernetes-world.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { eventually, membersOf, seen, standing, type Subject, type World } from './world.ts';

let world: World;
let postgres: TestPostgres;
let catalogue: Catalogue;

beforeAll(async () => {
  [world, postgres] = await Promise.all([kubernetesWorld(), startPostgres()]);
  catalogue = await openCatalogue(await postgres.database('recreate'));
});
afterAll(async () => {
  await catalogue.close();
  await postgres.dispose();
  await world.stop();
});

/** A group of two sets, its instances from the highest ordinal down, and the activities as a workflow calls them. */
async function group(id: string) {
  const a = await standing(world, 3);
  const b = await standing(world, 3, world.newSubject({ az: 'az-2', beside: a }));
  const subjects = [a, b];
  const ref = a.group;
  const { group: operation } = await createRelease(catalogue, id, ref);
  const { epoch } = await catalogue.fences.claim(ref, operation);
  const context = { ref, root: id, operation, epoch };
  const drivers = {
    azSets: () => world.azSets,
    traffic: () => world.traffic,
    resolveReference: () => Promise.resolve(null),
    waitIgnited: (...[address, health, since, waiting, stands]: Parameters<InstanceDrivers['waitIgnited']>) =>
      waitIgnited(address, health, since, waiting, { proxy: world.probeProxy, stands }),
  };
  const activities = { ...azSetActivities(drivers, catalogue), ...instanceActivities(drivers, catalogue) };
  const places = (await Promise.all(subjects.map((subject) => membersOf(world, subject)))).flat();
  const instances = places
    .map(({ set, member }, index): InstanceRef => ({ index, name: `web-${index}`, azSet: set, member }))
    .sort((one, other) => other.member.slice(-1).localeCompare(one.member.slice(-1)));
  const uidOf = async (instance: InstanceRef): Promise<string> => {
    const subject = subjects.find(({ set }) => set.name === instance.azSet.name) as Subject;
    return (await seen(world, subject)).instances.find(({ member }) => member === instance.member)?.uid ?? '';
  };

  /** One batch, in the order that `stageSet` prescribes. */
  const batch = async (members: InstanceRef[], targets: Map<string, ReplaceTarget>): Promise<void> => {
    const sets = subjects.map(({ set }) => set).filter(({ name }) => members.some(({ azSet }) => azSet.name === name));
    const target = (name: string): ReplaceTarget => targets.get(name) as ReplaceTarget;
    const steps = await Promise.all(
      members.map(async (instance) => ({ ...context, instance, uid: await uidOf(instance) })),
    );
    const out = { reason: 'test', drainSeconds: 0, capacity: null, sets };
    await Promise.all(steps.map((step) => asActivity(() => activities.takeOut({ ...step, ...out }))));
    await Promise.all(
      sets.map((set) => asActivity(() => activities.openSet({ ...context, set, target: target(set.name) }))),
    );
    const deployed = await Promise.all(
      steps.map((step) =>
        asActivity(() => activities.deploy({ ...step, target: target(step.instance.azSet.name), change: 'recreate' })),
      ),
    );
    await Promise.all(sets.map((set) => asActivity(() => activities.closeSet({ ...context, set }))));
    await Promise.all(
      steps.map(async (step, i) => {
        const { address = '', startedAt: since = '', uid = '' } = deployed[i] ?? {};
        expect(uid).not.toBe(step.uid);
        await asActivity(() => activities.ignite({ ...step, uid, address, since, health: world.health }));
        expect(await asActivity(() => activities.putIn({ ...step, uid }))).toEqual({});
      }),
    );
  };
  const stage = async (recreate: boolean): Promise<Map<string, StagedRevision>> => {
    const spec = world.spec(2, 'v2', { container: { env: [{ name: 'A', value: '1' }] } });
    const staged = new Map<string, StagedRevision>();
    for (const { set } of subjects) {
      staged.set(set.name, await asActivity(() => activities.stageSet({ ...context, set, spec, recreate })));
    }
    return staged;
  };
  return { subjects, context, activities, instances, batch, stage, id };
}

async function isWhole(subjects: Subject[]): Promise<boolean> {
  const all = await Promise.all(subjects.map((subject) => seen(world, subject)));
  return all.every(
    ({ settled, instances }) => settled && instances.every(({ ready, inService }) => ready && inService),
  );
}

test('a workflow that does not know how to recreate is refused', async () => {
  const { stage } = await group('rel-refused');
  await expect(stage(false)).rejects.toMatchObject({ type: 'RECREATE_UNSUPPORTED', nonRetryable: true });
});

test('a whole group, batch by batch: every instance is new once, serves, and every step is in the events', async () => {
  const { subjects, context, activities, instances, batch, stage, id } = await group('rel-forward');
  const staged = await stage(true);
  expect([...staged.values()].map(({ change }) => change)).toEqual(Array(2).fill('recreate'));
  for (let i = 0; i < instances.length; i += 2) await batch(instances.slice(i, i + 2), staged);
  for (const { set } of subjects) {
    const revision = staged.get(set.name)?.revision ?? '';
    await asActivity(() => activities.settleSet({ ...context, set, revision }));
  }
  expect(await isWhole(subjects)).toBe(true);
  for (const subject of subjects) expect(Object.values(await world.starts(subject))).toEqual(Array(3).fill(['v2']));
  const events = await catalogue.events.list(id, 0, 500);
  const done = events.filter(({ outcome }) => outcome === 'done').map(({ step }) => step);
  expect(done.filter((step) => step === 'openSet')).toHaveLength(6);
  expect(done.filter((step) => step === 'closeSet')).toHaveLength(6);
  expect(done.filter((step) => step === 'deploy')).toHaveLength(6);
});

test('and back again after the first batch: the group is what it was, and what was not touched is the same', async () => {
  const { subjects, context, activities, instances, batch, stage } = await group('rel-back');
  const definitions = await Promise.all(subjects.map((subject) => world.definition(subject)));
  const before = await Promise.all(subjects.map((subject) => membersOf(world, subject)));
  const staged = await stage(true);
  const first = instances.slice(0, 2);
  await batch(first, staged);
  await batch(first, new Map([...staged].map(([name, { previous }]) => [name, previous])));
  for (const { set } of subjects) await asActivity(() => activities.unstageSet({ ...context, set }));
  await eventually(() => isWhole(subjects));
  expect(await Promise.all(subjects.map((subject) => world.definition(subject)))).toEqual(definitions);
  const after = await Promise.all(subjects.map((subject) => membersOf(world, subject)));
  expect(after.map((members) => members.slice(0, 2))).toEqual(before.map((members) => members.slice(0, 2)));
});
