import { isCancellation } from '@temporalio/workflow';
import { optionsOf } from '../../domain/sync/missing.ts';
import { highest } from '../../domain/sync/priority.ts';
import type { SyncImageInput } from '../../temporal/sync.ts';
import { troubleOf } from '../troubles.ts';
import { copyActivities } from './activities.ts';
import type { Destination } from './destination.ts';

/**
 * Begins the copies that are due: one for the registries of an IDC that want the same.
 * @param all destinations of the image, due or not
 * @param now milliseconds since 1970
 * @returns their ends; a failure for good is the destinations' own, only a cancel is thrown
 */
export function copyTo(input: SyncImageInput, all: readonly Destination[], now: number): Promise<void>[] {
  const groups = new Map<string, Destination[]>();
  for (const destination of all) {
    const { at, options, copyDue } = destination;
    if (copyDue === null || copyDue > now) continue;
    const key = JSON.stringify([at.idc, options.referrers, options.platforms]);
    groups.set(key, [...(groups.get(key) ?? []), destination]);
  }
  return [...groups.values()].map(async (group) => copyTogether(input, group, all));
}

async function copyTogether(input: SyncImageInput, group: Destination[], all: readonly Destination[]): Promise<void> {
  const [first] = group;
  if (first === undefined) return;
  const { at, options } = first;
  for (const destination of group) destination.beginCopy();
  const to = group.map((destination) => destination.at.name);
  // What one of the IDC has need not come from afar again.
  const near = all.filter((other) => other.at.idc === at.idc && other.hasImage && covers(other, first));
  const creating = group.filter((one) => one.options.createProject === true).map((one) => one.at.name);
  const priority = highest(group.map((one) => one.priority));
  const step = { idc: at.idc, priority, summary: `copy to ${to.join(', ')}`, policy: input.policy };
  try {
    const outcomes = await copyActivities(step).copyImage({
      ...{ repository: input.repository, digest: input.digest, from: input.from.name },
      ...{ near: near.map((other) => other.at.name), to, ...optionsOf({ ...options, createProject: false }) },
      ...(creating.length === 0 ? {} : { createProjectAt: creating }),
    });
    for (const destination of group) {
      const own = outcomes.find(({ registry }) => registry === destination.at.name);
      destination.endCopy(own ?? { report: null, trouble: null });
    }
  } catch (error) {
    if (isCancellation(error)) throw error;
    const trouble = troubleOf(error);
    for (const destination of group) destination.endCopy({ report: null, trouble });
  }
}

/** Has it at least what the other one is to get? */
function covers({ options }: Destination, { options: wanted }: Destination): boolean {
  return (options.referrers || !wanted.referrers) && options.platforms?.join() === wanted.platforms?.join();
}
