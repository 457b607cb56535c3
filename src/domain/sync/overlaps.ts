import { commonImage, comparing } from './common.ts';
import type { SyncRule } from './rule.ts';

/** How another rule has to do with the images of a rule. */
export interface Overlap {
  rule: string;
  /** same: to the same registry, from the same source; before: brings them to its source; after: takes them on. */
  how: 'same' | 'before' | 'after';
  /** Registries where the two meet. */
  registries: string[];
  /** An image that both bring. */
  example: string;
}

/**
 * The other rules that bring images of this one, too.
 * @throws TransshipError SYNC_RULE_INVALID where they cannot be compared
 */
export function overlapsOf(rule: SyncRule, others: readonly SyncRule[]): Overlap[] {
  return comparing(rule, () => others.flatMap((other) => overlapsWith(rule, other)));
}

function overlapsWith(rule: SyncRule, other: SyncRule): Overlap[] {
  if (other.name === rule.name) return [];
  const shared = rule.to.filter((registry) => other.to.includes(registry));
  const ways: [Overlap['how'], string[]][] = [
    ['same', other.from === rule.from ? shared : []],
    ['before', other.to.filter((registry) => registry === rule.from)],
    ['after', rule.to.filter((registry) => registry === other.from)],
  ];
  const met = ways.filter(([, registries]) => registries.length > 0);
  const common = met.length === 0 ? null : commonImage([rule, other]);
  if (common === null) return [];
  return met.map(([how, registries]) => ({ rule: other.name, how, registries, example: common.example }));
}
