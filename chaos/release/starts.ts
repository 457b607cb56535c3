import type { InstanceView } from '../../devfleet/host/client.ts';
import { MESOS_NAMESPACE, setOfTask } from '../../test/support/judge.ts';

/** What each instance may have been started on. */
export interface ExpectedStarts {
  /** Versions that the containers of each instance were started on since the case began, one of these lists. */
  starts: string[][];
  /** Members that must not have been touched. */
  untouched: string[];
  /** Version that every instance runs in the end; null: there is no instance any more. */
  version: string | null;
  /** Pod that was lost on purpose: another one has its place, after a start more, or two where it was reborn old. */
  evicted?: string;
}

/** One for the release, one more for the eviction, one for a rebirth on the old version. */
const MOST_STARTS_EVICTED = 3;

/**
 * Was each container started on the versions that it should have been, as often, and no more? Pods tell by themselves. Tasks
 * on Mesos do not know their places: all of a set are taken together.
 * @param starts pod, or set on Mesos → versions
 * @param members of the group, by their names
 */
export function judgeStarts(
  running: InstanceView[],
  starts: Record<string, string[]>,
  members: string[],
  expected: ExpectedStarts,
): string[] {
  const pods = running.filter(({ namespace }) => namespace !== MESOS_NAMESPACE).map(({ instance }) => instance);
  const sets = new Set(
    running.filter(({ namespace }) => namespace === MESOS_NAMESPACE).map(({ instance }) => setOfTask(instance)),
  );
  return [
    ...pods.flatMap((pod) => judgePod(pod, starts[pod] ?? [], expected)),
    ...[...sets].flatMap((set) => {
      const places = members.filter((member) => member.replace(/-\d+$/, '') === set);
      const versions = starts[set] ?? [];
      const each = places.map((place) => (expected.untouched.includes(place) ? [[]] : expected.starts));
      return isMadeOf(each, count(versions)) ? [] : [`${set}: ${versions.join()} were started`];
    }),
  ];
}

function judgePod(pod: string, versions: string[], { starts, untouched, version, evicted }: ExpectedStarts): string[] {
  const list = versions.join();
  const said = list === '' ? 'nothing' : list;
  if (pod === evicted) {
    const right = versions.length <= MOST_STARTS_EVICTED && versions.at(-1) === version;
    return right ? [] : [`${pod}, evicted, was started on ${said}`];
  }
  return [
    ...(starts.some((allowed) => allowed.join() === list) ? [] : [`${pod} was started on ${said}`]),
    ...(list !== '' && untouched.includes(pod) ? [`${pod} was to be left alone`] : []),
  ];
}

/** Can each place be given one of its lists, so that all versions are used up? */
function isMadeOf([first, ...others]: string[][][], left: Map<string, number>): boolean {
  if (first === undefined) return [...left.values()].every((n) => n === 0);
  return first.some((list) => {
    const rest = new Map(left);
    for (const version of list) rest.set(version, (rest.get(version) ?? 0) - 1);
    return [...rest.values()].every((n) => n >= 0) && isMadeOf(others, rest);
  });
}

function count(versions: string[]): Map<string, number> {
  return new Map([...Map.groupBy(versions, (version) => version)].map(([version, of]) => [version, of.length]));
}
