import type { AzSetRef } from '../../domain/types.ts';
import type { Guard, MemberAt, Waiting } from '../azset/index.ts';

/** Who may take an instance out of traffic. Each may clear only its own flag; traffic flows when none is left. */
export type TrafficOwner = 'server' | 'member' | 'release' | 'health';

/** On whose behalf an instance is taken out, why, and how long its connections get. */
export interface OutFlag {
  owner: TrafficOwner;
  reason: string;
  drainSeconds: number;
}

/**
 * One way by which traffic reaches instances. A group lists its drivers in order. Methods are safe to repeat. A step is
 * done only when a fresh read of the data plane shows it. The contract test (test/contract/traffic.ts) is the
 * specification; of the owners it holds for a driver that keeps them, and for a chain with one that does.
 */
export interface TrafficDriver {
  /** Its system remembers who took an instance out. Without: it has one flag, which counts as the release's. */
  readonly keepsOwners: boolean;

  /** What outBy tells stands in the cluster's own observation of an instance (InstanceObservation.outBy), too. */
  readonly flagsObserved: boolean;

  /** Members (by name) of these sets that receive traffic now, by the data plane; fresh. */
  serving(sets: AzSetRef[]): Promise<Set<string>>;

  /**
   * Who keeps the instance out here, owner → reason: what its system was told, whatever its data plane does. Fresh.
   * @throws INSTANCE_REPLACED
   */
  outBy(at: MemberAt): Promise<Record<string, string>>;

  /**
   * Takes the instance out of traffic on behalf of `owner` and waits until the data plane shows it gone, then
   * `drainSeconds` more for proxies and open connections (less where it can see that there is none).
   * @throws INSTANCE_REPLACED when the member's uid is not the given one; DRAIN_TIMEOUT
   */
  pullOut(at: MemberAt, flag: OutFlag, guard: Guard, waiting: Waiting): Promise<void>;

  /**
   * Clears `owner`'s flag. Waits until the data plane lists the instance, unless another owner still keeps it out: then
   * returns their flags (owner → reason).
   * @throws INSTANCE_REPLACED, PULL_IN_TIMEOUT
   */
  pullIn(at: MemberAt, owner: TrafficOwner, guard: Guard, waiting: Waiting): Promise<Record<string, string>>;
}
