import type { Extra, Held } from './drift.ts';
import { brings, deletes } from './images.ts';
import type { SyncRule } from './rule.ts';

/** What a person lets go for once, beyond what the rule says. */
export interface Allowance {
  /** In the place of `deletions.most`. */
  most?: number;
  /** In the place of `deletions.repositories`. */
  repositories?: boolean;
}

/** What is known when deletions are judged. */
export interface DeletionsKnown {
  /** Tags that the rule has deleted within the last hour. */
  lately: number;
  /** Registries that are known to delete no tags. */
  unsupported: readonly string[];
}

/**
 * Which tags may go where. Nothing goes that another rule brings there; nothing at all where it would be more than `most` in an
 * hour, as a source that lost its images looks like one whose images were deleted.
 * @param others rules in force; the rule itself is passed over
 * @returns each tag with the registries it may go from, and those it stays in; what the rule deletes no more is in neither
 */
export function judgeDeletions(
  rule: SyncRule,
  others: readonly SyncRule[],
  extra: readonly Extra[],
  { lately, unsupported }: DeletionsKnown,
  { most = rule.deletions.most, repositories = rule.deletions.repositories }: Allowance = {},
): { allowed: Extra[]; held: Held[] } {
  const allowed: Extra[] = [];
  const held: Held[] = [];
  for (const one of extra.filter(({ repository, tag }) => deletes(rule, repository, tag))) {
    const holds = new Map<string, Held>();
    for (const registry of one.to) {
      const keeper = others.find((other) => other.name !== rule.name && keeps(other, rule, registry, one));
      const hold: Pick<Held, 'why' | 'detail'> | null =
        keeper !== undefined
          ? { why: 'rule', detail: keeper.name }
          : unsupported.includes(registry)
            ? { why: 'unsupported', detail: '' }
            : one.isWhole && !repositories
              ? { why: 'repository', detail: '' }
              : null;
      if (hold === null) continue;
      const key = `${hold.why} ${hold.detail}`;
      holds.set(key, { ...one, ...hold, to: [...(holds.get(key)?.to ?? []), registry] });
    }
    held.push(...holds.values());
    const stays = [...holds.values()].flatMap(({ to }) => to);
    const going = one.to.filter((registry) => !stays.includes(registry));
    if (going.length > 0) allowed.push({ ...one, to: going });
  }
  const images = new Set(allowed.map(({ repository, tag }) => `${repository}:${tag}`));
  if (images.size === 0 || images.size + lately <= most) return { allowed, held };
  const detail = `${images.size + lately} in an hour, and ${most} may go`;
  return { allowed: [], held: [...held, ...allowed.map((one): Held => ({ ...one, why: 'many', detail }))] };
}

/** Another rule brings it there; one from the same source that would delete it, too, agrees. */
function keeps(other: SyncRule, rule: SyncRule, registry: string, { repository, tag }: Extra): boolean {
  if (!other.to.includes(registry) || !brings(other, repository, tag)) return false;
  return other.from !== rule.from || !deletes(other, repository, tag);
}
