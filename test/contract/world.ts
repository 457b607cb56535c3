import { vi } from 'vitest';
import type { HealthCheck, AzSetRef, GroupRef, Spec } from '../../src/domain/types.ts';
import type { AzSetDriver, AzSetObservation, Guard, MemberAt, Waiting } from '../../src/drivers/azset/index.ts';
import type { TrafficDriver } from '../../src/drivers/traffic/index.ts';

/** A group of one set, of its own, so that tests do not meet. */
export interface Subject {
  set: AzSetRef;
  group: GroupRef;
}

/** What a test asks of the spec beyond its version. */
export interface SpecOptions {
  /** Labels and annotations of the template. */
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  /** More fields of the one container, or of the pod. */
  container?: object;
  pod?: object;
}

export interface Definition {
  /** Nothing moves its instances by itself. */
  parked: boolean;
  /** An instance that is made from it serves as soon as it is ready. */
  serves: boolean;
  /** What only an operation under way needs is still there. */
  leftovers: string[];
  /** All of it, for comparing. */
  text: string;
}

/** What goes between the driver and its system. */
export interface Link {
  /** Calls that reached the system since the last `forget`, changes only or all. */
  changes(): string[];
  calls(): string[];
  forget(): void;
  /** The n-th change from now on (from 0) is done, but its answer is lost. */
  loseAnswer(n: number): void;
  /**
   * Runs `act` when the next change has been sent and before it arrives.
   * @param isIt which change is meant, by its method and path. Default: any
   */
  beforeChange(act: () => Promise<void>, isIt?: (change: string) => boolean): void;
  cut(): void;
  mend(): void;
}

/**
 * A scheduler with hosts, the drivers under test on it, and the hands of those who act beside us. What the hosts saw is
 * the judge, never what we wrote ourselves. Hands for what the system lacks (abilities.ts) fail.
 */
export interface World {
  /** Who the system says wrote what somebody else wrote. */
  stranger: string;
  azSets: AzSetDriver;
  /** Changes of the system that flags of ten instances cost at most which are written at about the same time. */
  changesForTenFlags: number;
  /** The same, as another worker has it. */
  elsewhere: Pick<AzSetDriver, 'fence'>;
  traffic: TrafficDriver;
  link: Link;
  /** A load balancer beside it asks instances by itself whether they are well. */
  checksHealth: boolean;
  /** A set that does not exist yet. `beside`: another set of that one's group. */
  newSubject(options?: { az?: 'az-1' | 'az-2'; beside?: Subject }): Subject;
  /** Versions: v1, v2 and v3 run; `crashing` exits at once, `absent` is in no registry, `slow` needs 3 s to ignite, `big` to pull. */
  spec(number: number, version: string, options?: SpecOptions): Spec;
  health: HealthCheck;
  /** Forward proxy through which instances are probed. */
  probeProxy: string;
  /** Ends the instance, as a drain or a lost host does; returns when another holds its place. */
  rebirth(at: MemberAt): Promise<void>;
  /** Ends the instance; returns when it is on its way out, and keeps it there until the returned function is called. */
  hang(at: MemberAt): Promise<() => Promise<void>>;
  /** Somebody else, "stranger" where the system keeps names, changes the set's template. */
  foreignChange(subject: Subject): Promise<void>;
  /** Somebody writes to the instance what means nothing to us. */
  touch(at: MemberAt): Promise<void>;
  /** Somebody gives the instance the name of a revision without what the revision says. */
  mislabel(at: MemberAt, revision: string): Promise<void>;
  /**
   * Somebody makes a set of this name that is not ours, on v1 and with a consumer of its own, by the system's ways:
   * replaced when somebody deletes, or by itself, all or but the lowest; one after the other, or all at once; its
   * consumer with an address of its own, or resolving those of the instances.
   */
  strangersSet(
    subject: Subject,
    count: number,
    options?: { moves?: 'on-delete' | 'all' | 'but-two'; ordered?: boolean; headless?: boolean },
  ): Promise<void>;
  /** The stranger's consumer routes to these. */
  strangersConsumer(subject: Subject): Promise<string[]>;
  /** The set is gone, its instances are not: as a crash in the middle of making it anew leaves it. */
  orphan(subject: Subject): Promise<void>;
  /** Somebody protects the group: so many of its instances must stay ready. Taken away by the returned function. */
  budget(subject: Subject, minAvailable: number): Promise<() => Promise<void>>;
  /** Something called "stranger" sets the size of the set by itself. Taken away by the returned function. */
  autoscaler(subject: Subject): Promise<() => Promise<void>>;
  /** What the set is defined as, in the system's own words: the same whenever it is at rest on the same thing. */
  definition(subject: Subject): Promise<Definition>;
  /** The system's own controllers stand still. */
  pauseControllers(): void;
  resumeControllers(): void;
  /** The host of the instance stands still, or goes on. */
  freezeHost(host: string, on: boolean): Promise<void>;
  /** Hosts do not say which spec their status reflects. */
  hideObserved(on: boolean): Promise<void>;
  /** A consumer that routes to instances whether they are out or not; taken away by the returned function. */
  bypass(subject: Subject): Promise<() => Promise<void>>;
  /** The group has a consumer of its traffic. */
  hasConsumer(subject: Subject): Promise<boolean>;
  /** The host holds the image. */
  hasImage(host: string, image: string): Promise<boolean>;
  /** Instances that the data plane lists for the group, whatever their state. */
  listed(subject: Subject): Promise<string[]>;
  /** Starts of containers in this set that the hosts saw: member → versions in order. */
  starts(subject: Subject): Promise<Record<string, string[]>>;
  /** Marks in the hosts' journal; starts() counts from the last. */
  mark(): Promise<void>;
  /** Identity of the set's object as its system keeps it: another one after any change. */
  fingerprint(subject: Subject): Promise<string>;
  stop(): Promise<void>;
}

/** A guard that lets everything pass and counts. */
export function openGuard(): Guard & { passed: number } {
  const guard = Object.assign(
    () => {
      guard.passed++;
      return Promise.resolve();
    },
    { passed: 0 },
  );
  return guard;
}

/** Waits as an activity would; `beats` are the times of its heartbeats. */
export function patience(): Waiting & { beats: number[]; abort: (reason: Error) => void } {
  const controller = new AbortController();
  const beats: number[] = [];
  return {
    signal: controller.signal,
    heartbeat: () => void beats.push(Date.now()),
    beats,
    abort: (reason) => controller.abort(reason),
  };
}

/** Creates the subject's set on v1 and waits until all of it serves. */
export async function standing(world: World, count: number, subject = world.newSubject()): Promise<Subject> {
  await world.azSets.create(subject.set, subject.group, world.spec(1, 'v1'), count, openGuard());
  await eventually(async () => {
    const { settled, instances } = await seen(world, subject);
    const serving = await world.traffic.serving([subject.set]);
    return settled && instances.every(({ ready }) => ready) && serving.size === count;
  });
  await world.mark();
  world.link.forget();
  return subject;
}

/** A set that somebody else made and we took over; `before` are its instances from before that. */
export async function takenOver(
  world: World,
  count: number,
  options: Parameters<World['strangersSet']>[2] = {},
): Promise<Subject> {
  const subject = world.newSubject();
  await world.strangersSet(subject, count, options);
  await world.azSets.adopt(subject.set, subject.group, world.spec(1, 'v1'), openGuard(), patience());
  await eventually(async () => (await seen(world, subject)).settled);
  await eventually(async () => (await world.traffic.serving([subject.set])).size === count);
  await world.mark();
  world.link.forget();
  return subject;
}

/** @throws where the set does not exist */
export async function seen(world: World, { set }: Subject): Promise<AzSetObservation> {
  const [observation] = await world.azSets.observe([set]);
  if (observation === null || observation === undefined) throw new Error(`${set.name} does not exist`);
  return observation;
}

export async function membersOf(world: World, subject: Subject): Promise<(MemberAt & { host: string })[]> {
  const { instances } = await seen(world, subject);
  return instances.map(({ member, uid, host }) => ({ set: subject.set, member, uid, host: host ?? '' }));
}

/** The one at this place. */
export async function memberOf(world: World, subject: Subject, ordinal: number): Promise<MemberAt & { host: string }> {
  const member = (await membersOf(world, subject))[ordinal];
  if (member === undefined) throw new Error(`${subject.set.name} has no instance ${ordinal}`);
  return member;
}

export async function eventually(check: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error('it did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Lets a minute pass each second until it is over. More than once: what is done by several systems one after the other
 * waits for each of them anew.
 */
export async function hurried<T>(act: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const state = { over: false };
    const acting = act().finally(() => (state.over = true));
    while (!state.over) {
      await Promise.race([acting.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 1_000))]);
      vi.setSystemTime(Date.now() + 61_000);
    }
    return await acting;
  } finally {
    vi.useRealTimers();
  }
}

/** The code of the TransshipError that the promise ends with; a promise that is kept fails the test. */
export async function codeOf(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await promise;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { code: code ?? String(error), message };
  }
  throw new Error('it should have failed');
}

/**
 * Does the same thing once for each of its changes, losing the answer to that change, then repeats it: what was done
 * must be found, and the rest done.
 * @param prepare makes a subject, as often as it is called
 */
export async function eachAnswerLost<T>(
  world: World,
  prepare: () => Promise<T>,
  act: (subject: T) => Promise<unknown>,
  judge: (subject: T) => Promise<void>,
): Promise<void> {
  const golden = await prepare();
  world.link.forget();
  await act(golden);
  const changes = world.link.changes().length;
  if (changes === 0) throw new Error('it changed nothing');
  await judge(golden);
  for (let n = 0; n < changes; n++) {
    const subject = await prepare();
    world.link.loseAnswer(n);
    const { code } = await codeOf(act(subject));
    if (code !== 'CLUSTER_UNREACHABLE') throw new Error(`change ${n} lost: ${code}`);
    await act(subject);
    await judge(subject);
  }
}

/**
 * Dies before each of its changes in turn, on a subject of its own, and then goes on from what that left.
 * @param act what dies; it asks the guard just before each change
 * @param goOn what must be able to go on from there
 */
export async function eachDeath<T>(
  prepare: () => Promise<T>,
  act: (subject: T, guard: Guard) => Promise<unknown>,
  goOn: (subject: T) => Promise<void>,
): Promise<void> {
  for (let lived = 0; ; lived++) {
    const subject = await prepare();
    const death = new Error(`died before change ${lived}`);
    let asked = 0;
    const guard = (): Promise<void> => (asked++ < lived ? Promise.resolve() : Promise.reject(death));
    const outcome = await act(subject, guard).catch((error: unknown) => error);
    if (outcome instanceof Error && outcome !== death) throw outcome;
    await goOn(subject);
    if (outcome !== death) return;
  }
}

/** A guard that refuses stops every change, and the guard is asked at least once for each. */
export async function eachChangeGuarded<T>(
  world: World,
  prepare: () => Promise<T>,
  act: (subject: T, guard: Guard) => Promise<unknown>,
): Promise<void> {
  const subject = await prepare();
  const refusal = new Error('a later operation owns the group');
  // For each of the changes: let those before it pass, refuse it, and see that nothing more was changed.
  for (let allowed = 0; ; allowed++) {
    let asked = 0;
    world.link.forget();
    const outcome = await act(subject, () => (asked++ < allowed ? Promise.resolve() : Promise.reject(refusal))).catch(
      (error: unknown) => error,
    );
    if (world.link.changes().length > Math.min(asked, allowed)) throw new Error('a change was not guarded');
    if (outcome !== refusal) return;
    if (allowed > 10) throw new Error('there is no end to it');
  }
}
