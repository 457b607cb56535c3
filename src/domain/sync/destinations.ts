import { brings } from './images.ts';
import { highest } from './priority.ts';
import type { SyncRule } from './rule.ts';

/** A registry that an image is to be brought to, and how: what all rules that bring it there ask for. */
export interface SyncDestination {
  registry: string;
  /** The highest of the rules. */
  priority: SyncRule['priority'];
  /** Of all rules together; left out: all. */
  platforms?: string[];
  referrers: boolean;
  createProject: boolean;
  /** With priority low: when it may be copied; left out: always. */
  windows?: string[];
  /** Names of the rules. */
  rules: string[];
}

/**
 * Where the image that a tag names in a registry is to go, a step at a time: rules that take it on from there count when it
 * has arrived. Registries that the fleet has no more may be among them.
 * @param rules those that count: for a webhook only those with `onPush`
 */
export function destinationsOf(
  rules: readonly SyncRule[],
  registry: string,
  repository: string,
  tag: string,
): SyncDestination[] {
  const bringing = rules.filter((rule) => rule.from === registry && brings(rule, repository, tag));
  return [...new Set(bringing.flatMap(({ to }) => to))].map((to) =>
    together(
      to,
      bringing.filter((rule) => rule.to.includes(to)),
    ),
  );
}

function together(registry: string, rules: SyncRule[]): SyncDestination {
  const priority = highest(rules.map((rule) => rule.priority));
  const platforms = union(rules.map((rule) => rule.platforms));
  const windows = union(rules.map((rule) => (priority === 'low' ? rule.windows : undefined)));
  return {
    registry,
    priority,
    ...(platforms === undefined ? {} : { platforms }),
    referrers: rules.some(({ referrers }) => referrers),
    createProject: rules.some(({ createProject }) => createProject),
    ...(windows === undefined ? {} : { windows }),
    rules: rules.map(({ name }) => name),
  };
}

/** What any of the lists has; a list that is left out has all. */
function union(lists: (string[] | undefined)[]): string[] | undefined {
  return lists.some((list) => list === undefined) ? undefined : [...new Set(lists.flatMap((list) => list ?? []))];
}
