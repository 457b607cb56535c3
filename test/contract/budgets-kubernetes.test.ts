// Disruption budgets while pods are out of traffic, by the real disruption controller: what others may evict then.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MemberAt } from '../../src/drivers/azset/index.ts';
import type { Allowance } from '../../src/drivers/kubernetes/budgets.ts';
import { kubernetesWorld, type KubernetesWorld } from '../support/kubernetes-world.ts';
import { eventually, membersOf, openGuard, patience, standing, type Subject } from './world.ts';

const NAMESPACE = 'pro';
/** The driver lists budgets again after this, in ms. */
const KEPT_MS = 5_100;

let world: KubernetesWorld;

beforeAll(async () => {
  world = await kubernetesWorld();
});

afterAll(() => world.stop());

interface Guarded {
  subject: Subject;
  members: MemberAt[];
  said: () => Promise<Allowance & { noted: boolean }>;
  name: string;
}

let budgets = 0;

/** A set under a budget of somebody's. */
async function guarded(count: number, allowance: Allowance): Promise<Guarded> {
  const subject = await standing(world, count);
  const name = `guard-${String(++budgets)}`;
  await world.hands.createBudget(NAMESPACE, name, { 'transship.dev/app': subject.group.app }, allowance);
  await sleep(KEPT_MS);
  return {
    subject,
    name,
    members: await membersOf(world, subject),
    said: () => world.hands.readBudget(NAMESPACE, name),
  };
}

const pullOut = (at: MemberAt) =>
  world.traffic.pullOut(at, { owner: 'release', reason: 'v2', drainSeconds: 0 }, openGuard(), patience());
const pullIn = (at: MemberAt) => world.traffic.pullIn(at, 'release', openGuard(), patience());
const mayEvict = (at: MemberAt, may: boolean) => eventually(async () => (await world.hands.mayEvict(at)) === may);

test('one that is out of traffic counts as one that is disrupted, until it is back', async () => {
  const { members, said } = await guarded(3, { minAvailable: 2 });
  const [first, second] = members as [MemberAt, MemberAt];
  await mayEvict(first, true);
  await pullOut(second);
  expect(await said()).toEqual({ minAvailable: 3, noted: true });
  await mayEvict(first, false);

  world.link.forget();
  await pullOut(second);
  expect(world.link.changes()).toEqual([]);

  await pullIn(second);
  expect(await said()).toEqual({ minAvailable: 2, noted: false });
  await mayEvict(first, true);
});

test('a percentage is what it is of the pods; it never falls below nothing', async () => {
  const { members, said } = await guarded(4, { maxUnavailable: '50%' });
  const [first, second, third] = members as [MemberAt, MemberAt, MemberAt];
  await pullOut(first);
  expect(await said()).toEqual({ maxUnavailable: 1, noted: true });
  await Promise.all([pullOut(second), pullOut(third)]);
  expect(await said()).toEqual({ maxUnavailable: 0, noted: true });
  await Promise.all([pullIn(first), pullIn(second), pullIn(third)]);
  expect(await said()).toEqual({ maxUnavailable: '50%', noted: false });
});

test('our own evictions ask what its owner wants, one after the other', async () => {
  const { subject, members, said } = await guarded(3, { minAvailable: 2 });
  const high = members.slice(1);
  const spec = world.spec(2, 'v2', { container: { env: [{ name: 'A', value: '1' }] } });
  const target = await world.azSets.stage(subject.set, spec, openGuard(), patience());
  await Promise.all(high.map(pullOut));
  expect(await said()).toEqual({ minAvailable: 4, noted: true });
  await world.azSets.open(subject.set, target, openGuard(), patience());
  await Promise.all(high.map((at) => world.azSets.recreate(at, target, openGuard(), patience())));
  await world.azSets.close(subject.set, openGuard(), patience());
  const born = (await membersOf(world, subject)).filter(({ member }) => high.some((at) => at.member === member));
  await Promise.all(born.map(pullIn));
  expect(await said()).toEqual({ minAvailable: 2, noted: false });
});

test('its owner changes it meanwhile: that is what is wanted from then on', async () => {
  const { members, said, name } = await guarded(3, { minAvailable: 1 });
  const [first, second] = members as [MemberAt, MemberAt];
  await pullOut(first);
  await world.hands.changeBudget(NAMESPACE, name, { minAvailable: 0 });
  await pullOut(second);
  expect(await said()).toEqual({ minAvailable: 2, noted: true });
  await Promise.all([pullIn(first), pullIn(second)]);
  expect(await said()).toEqual({ minAvailable: 0, noted: false });
});

test('whoever tightened it is gone: a sweep brings it in line', async () => {
  const { members, said } = await guarded(2, { minAvailable: 1 });
  const [first] = members as [MemberAt];
  await pullOut(first);
  expect(await said()).toEqual({ minAvailable: 2, noted: true });
  await world.cluster.budgets.sweep(NAMESPACE);
  expect(await said()).toEqual({ minAvailable: 2, noted: true });
  await world.hands.patchPod(first, { labels: { 'transship.dev/in-service': 'yes' } });
  await world.cluster.budgets.sweep(NAMESPACE);
  expect(await said()).toEqual({ minAvailable: 1, noted: false });
});

test('two budgets for one pod are left as they are', async () => {
  const { subject, members, said } = await guarded(2, { minAvailable: 1 });
  await world.hands.createBudget(NAMESPACE, 'second', { 'transship.dev/app': subject.group.app }, { minAvailable: 0 });
  await sleep(KEPT_MS);
  await pullOut(members[0] as MemberAt);
  expect(await said()).toEqual({ minAvailable: 1, noted: false });
});
