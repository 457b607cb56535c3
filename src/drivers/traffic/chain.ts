import { TransshipError } from '../../domain/errors.ts';
import { alive, pause } from '../alive.ts';
import type { Guard, MemberAt, Waiting } from '../azset/index.ts';
import type { OutFlag, TrafficDriver, TrafficOwner } from './index.ts';

/** A driver by the name that the fleet file gives it. */
export interface NamedDriver {
  name: string;
  driver: TrafficDriver;
}

/**
 * All traffic drivers of a group as one. Out: each in order; one that fails undoes what this call took out. In: each in
 * reverse order. An instance serves where all of them say so. Errors name the driver.
 *
 * Drivers that keep owners decide for those with one flag: while another owner keeps the instance out, only the flag of
 * the owner that pulls in is cleared, and the systems with one flag stay out.
 *
 * @param drivers at least one, in the order of the group's list
 */
export function trafficChain(drivers: readonly NamedDriver[]): TrafficDriver {
  const [first, ...others] = drivers;
  if (first === undefined) throw new TransshipError('FLEET_INVALID', 'a group needs at least one traffic driver');
  if (others.length === 0) return first.driver;
  return {
    keepsOwners: drivers.some(({ driver }) => driver.keepsOwners),
    flagsObserved: drivers.every(({ driver }) => driver.flagsObserved),
    serving: async (sets) => {
      const [some = new Set<string>(), ...rest] = await Promise.all(
        drivers.map(({ name, driver }) => naming(name, () => driver.serving(sets))),
      );
      return new Set([...some].filter((member) => rest.every((serving) => serving.has(member))));
    },
    outBy: (at) => flagsIn(drivers, at),
    pullOut: (at, flag, guard, waiting) => pullOut(drivers, at, flag, guard, waiting),
    pullIn: (at, owner, guard, waiting) => pullIn(drivers, at, owner, guard, waiting),
  };
}

async function pullOut(
  drivers: readonly NamedDriver[],
  at: MemberAt,
  flag: OutFlag,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const refusals: unknown[] = [];
  const noting: Guard = () =>
    guard().catch((error: unknown) => {
      refusals.push(error);
      throw error;
    });
  const taken: NamedDriver[] = [];
  for (const link of drivers) {
    const { name, driver } = link;
    try {
      await naming(name, async () => {
        if (!(await wasOut(driver, at, flag.owner, waiting))) taken.unshift(link);
        // Connections of all drivers drain together, below: the step takes no longer for being one of several.
        await driver.pullOut(at, { ...flag, drainSeconds: 0 }, noting, waiting);
      });
    } catch (error) {
      // Who no longer owns the group changes nothing, not even back. Whoever cancels us undoes the step as a whole.
      if (refusals.length > 0 || waiting.signal.aborted || isReplaced(error)) throw error;
      throw withFailures(error, await putBack(taken, at, flag.owner, guard, waiting));
    }
  }
  await pause(waiting, flag.drainSeconds * 1000, `connections of ${at.member} to drain`);
}

/** It was out before, by this owner or by the one flag that there is: not ours to put back. */
async function wasOut(driver: TrafficDriver, at: MemberAt, owner: TrafficOwner, waiting: Waiting): Promise<boolean> {
  const flags = await looking(driver, at, waiting);
  return flags[driver.keepsOwners ? owner : 'release'] !== undefined;
}

/** Undo of what one call took out, the last first. Goes on where one fails: the more are back, the better. */
async function putBack(
  taken: readonly NamedDriver[],
  at: MemberAt,
  owner: TrafficOwner,
  guard: Guard,
  waiting: Waiting,
): Promise<string[]> {
  const failures: string[] = [];
  for (const { name, driver } of taken) {
    try {
      await driver.pullIn(at, owner, guard, waiting);
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return failures;
}

async function pullIn(
  drivers: readonly NamedDriver[],
  at: MemberAt,
  owner: TrafficOwner,
  guard: Guard,
  waiting: Waiting,
): Promise<Record<string, string>> {
  const keepers = drivers.filter(({ driver }) => driver.keepsOwners);
  const others = Object.fromEntries(
    Object.entries(await flagsIn(keepers, at, waiting)).filter(([other]) => other !== owner),
  );
  const isKept = Object.keys(others).length > 0;
  const left: Record<string, string> = {};
  for (const { name, driver } of (isKept ? keepers : drivers).toReversed()) {
    Object.assign(left, await naming(name, () => driver.pullIn(at, owner, guard, waiting)));
  }
  if (isKept) return { ...others, ...left };

  // Somebody took it out while we let it in: what knows no owners heard of it before we came, and from us the contrary.
  const since = await flagsIn(keepers, at, waiting);
  const [why] = Object.entries(since);
  if (why === undefined) return left;
  for (const { name, driver } of drivers.filter((link) => !link.driver.keepsOwners)) {
    const flag: OutFlag = { owner, reason: `${why[0]}: ${why[1]}`, drainSeconds: 0 };
    await naming(name, () => driver.pullOut(at, flag, guard, waiting));
  }
  return { ...left, ...since };
}

/** Everybody who keeps the instance out, by all of these. */
async function flagsIn(
  drivers: readonly NamedDriver[],
  at: MemberAt,
  waiting?: Waiting,
): Promise<Record<string, string>> {
  const flags = await Promise.all(drivers.map(({ name, driver }) => naming(name, () => looking(driver, at, waiting))));
  return Object.assign({}, ...flags) as Record<string, string>;
}

async function looking(driver: TrafficDriver, at: MemberAt, waiting?: Waiting): Promise<Record<string, string>> {
  if (waiting === undefined) return driver.outBy(at);
  return alive(
    waiting,
    () => `who keeps ${at.member} out`,
    () => driver.outBy(at),
  );
}

function isReplaced(error: unknown): boolean {
  return error instanceof TransshipError && error.code === 'INSTANCE_REPLACED';
}

/** Errors of the table say which driver they come from; all others pass as they are. */
async function naming<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof TransshipError) || error.code === 'FENCE_LOST') throw error;
    throw reworded(error, `traffic driver ${name}: ${error.message}`);
  }
}

function withFailures(error: unknown, failures: string[]): unknown {
  if (failures.length === 0 || !(error instanceof TransshipError)) return error;
  return reworded(error, `${error.message}; not put back: ${failures.join('; ')}`);
}

function reworded(error: TransshipError, message: string): TransshipError {
  return new TransshipError(error.code, message, { places: error.places, cause: error });
}
