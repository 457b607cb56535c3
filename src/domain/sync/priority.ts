/** Which copies go first where a worker has more than it can do; a release's image goes with `high`. The first goes first. */
export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type SyncPriority = (typeof PRIORITIES)[number];

/** The one of them that goes first; normal where there is none. */
export function highest(priorities: readonly SyncPriority[]): SyncPriority {
  return PRIORITIES.find((one) => priorities.includes(one)) ?? 'normal';
}
