import { TransshipError } from '../../../src/domain/errors.ts';
import type { MemberAt } from '../../../src/drivers/azset/index.ts';
import type { TrafficDriver } from '../../../src/drivers/traffic/index.ts';

/** A system that carries traffic, in memory: flags of members by owner, or one flag, which counts as the release's. */
export interface MemorySystem {
  driver: TrafficDriver;
  /** Member → owner → reason. A member that is not here gets no traffic. */
  flags: Map<string, Record<string, string>>;
  /** The next call of this kind fails: before it changed anything, or after. */
  fail(call: 'outBy' | 'pullOut' | 'pullIn' | 'serving', when: 'before' | 'after', code?: 'DRAIN_TIMEOUT'): void;
  /** Runs in the next call of this kind, before it changes anything. */
  during(call: 'pullOut' | 'pullIn', act: () => void): void;
}

/**
 * @param log every change is written there, in the order in which they happen: `name out web-0`
 * @param members that get traffic at first
 */
export function memorySystem(name: string, log: string[], keepsOwners: boolean, members: string[]): MemorySystem {
  const flags = new Map<string, Record<string, string>>(members.map((member) => [member, {}]));
  const faults: { call: string; when: string; code: 'DRAIN_TIMEOUT' | 'LOAD_BALANCER_UNREACHABLE' }[] = [];
  const acts: { call: string; act: () => void }[] = [];
  const ownerOf = (owner: string): string => (keepsOwners ? owner : 'release');
  const strike = (call: string, when: string): void => {
    const index = faults.findIndex((fault) => fault.call === call && fault.when === when);
    if (index < 0) return;
    const [fault] = faults.splice(index, 1);
    throw new TransshipError(fault?.code ?? 'INTERNAL', `${call} failed ${when} it did anything`);
  };
  const meet = (call: string): void => {
    const index = acts.findIndex((one) => one.call === call);
    if (index >= 0) acts.splice(index, 1)[0]?.act();
  };
  const flagsOf = ({ member, uid }: MemberAt): Record<string, string> => {
    if (uid !== 'uid') throw new TransshipError('INSTANCE_REPLACED', `${member} was replaced`);
    return flags.get(member) ?? {};
  };
  return {
    flags,
    fail: (call, when, code) => void faults.push({ call, when, code: code ?? 'LOAD_BALANCER_UNREACHABLE' }),
    during: (call, act) => void acts.push({ call, act }),
    driver: {
      keepsOwners,
      flagsObserved: keepsOwners,
      serving: async () => {
        strike('serving', 'before');
        return new Set([...flags].filter(([, by]) => Object.keys(by).length === 0).map(([member]) => member));
      },
      outBy: async (at) => {
        strike('outBy', 'before');
        return { ...flagsOf(at) };
      },
      pullOut: async (at, flag, guard) => {
        meet('pullOut');
        strike('pullOut', 'before');
        const by = flagsOf(at);
        if (by[ownerOf(flag.owner)] === undefined) {
          await guard();
          flags.set(at.member, { ...by, [ownerOf(flag.owner)]: flag.reason });
          log.push(`${name} out ${at.member}`);
        }
        strike('pullOut', 'after');
      },
      pullIn: async (at, owner, guard) => {
        meet('pullIn');
        strike('pullIn', 'before');
        const { [ownerOf(owner)]: own, ...others } = flagsOf(at);
        if (own !== undefined) {
          await guard();
          flags.set(at.member, others);
          log.push(`${name} in ${at.member}`);
        }
        strike('pullIn', 'after');
        return others;
      },
    },
  };
}
