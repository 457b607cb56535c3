import { type ErrorPlace, TransshipError } from '../errors.ts';
import { type Common, commonImage, comparing } from './common.ts';
import { imagesOf } from './images.ts';
import { shortest } from './language.ts';
import { REPOSITORIES, TAGS } from './names.ts';
import type { SyncRule } from './rule.ts';

/**
 * Whether a rule fits those that are in force. An image must come to a registry from one source only: otherwise its tag would
 * go to and fro between what the two sources call by it. And none may come back to where it was pushed.
 * @param others rules in force; the one that it replaces is passed over
 * @throws TransshipError SYNC_RULE_INVALID (it brings nothing, or cannot be compared), SYNC_RULE_CONFLICT, SYNC_RULE_LOOP
 */
export function checkRules(rule: SyncRule, others: readonly SyncRule[]): void {
  const standing = others.filter(({ name }) => name !== rule.name);
  comparing(rule, () => {
    refuseEmpty(rule);
    refuseConflicts(rule, standing);
    refuseLoop(rule, standing);
  });
}

function refuseEmpty(rule: SyncRule): void {
  const empty = imagesOf(rule).filter(
    ({ repositories, tags }) => shortest(REPOSITORIES, repositories) === null || shortest(TAGS, tags) === null,
  );
  const places = empty.map(({ index }): ErrorPlace => {
    const message = 'brings nothing: all that it brings is excluded, too';
    return { path: `images[${index}]`, message, hint: 'exclude less, or leave it out' };
  });
  const [first] = places;
  if (first === undefined) return;
  throw new TransshipError('SYNC_RULE_INVALID', `rule ${rule.name}: ${first.path} ${first.message}`, { places });
}

function refuseConflicts(rule: SyncRule, others: readonly SyncRule[]): void {
  const conflicts = others.flatMap((other) => {
    const registries = rule.to.filter((registry) => other.from !== rule.from && other.to.includes(registry));
    const common = registries.length === 0 ? null : commonImage([rule, other]);
    return common === null ? [] : [{ other, registries, common }];
  });
  if (conflicts.length === 0) return;
  const places = conflicts.map(({ other, registries, common }): ErrorPlace => {
    const [mine = 0, theirs = 0] = common.entries;
    const there = registries.join(', ');
    return {
      path: `images[${mine}]`,
      message: `${entryText(rule, mine)} would come to ${there} from ${rule.from}, and rule ${other.name} brings ${entryText(other, theirs)} there from ${other.from}: both bring ${common.example}`,
      hint: `take it out of one of the two, or delete the other rule: transship image rules delete ${other.name}`,
    };
  });
  const text = places.map(({ message }) => message).join('; ');
  throw new TransshipError('SYNC_RULE_CONFLICT', `rule ${rule.name}: ${text}`, { places });
}

function refuseLoop(rule: SyncRule, others: readonly SyncRule[]): void {
  const circle = circleThrough(rule, others);
  if (circle === null) return;
  const { rules, common } = circle;
  const way = [...rules.map(({ from }) => from), rule.from].join(' → ');
  const names = rules.map((one, at) => `${one.name} (${entryText(one, common.entries[at] ?? 0)})`);
  const message = `${common.example} would go in a circle, ${way}, by ${names.join(', ')}`;
  throw new TransshipError('SYNC_RULE_LOOP', `rule ${rule.name}: ${message}`, {
    places: [{ path: `images[${common.entries[0] ?? 0}]`, message, hint: 'take it out of one of these rules' }],
  });
}

/**
 * The shortest way of an image from the source of the rule back to it. It is looked for against the direction in which
 * images go: there each comes from one source, so the ways are few.
 */
function circleThrough(rule: SyncRule, others: readonly SyncRule[]): { rules: SyncRule[]; common: Common } | null {
  // Each way ends with a rule to the source of ours; ours comes before it all.
  let ways: SyncRule[][] = [[]];
  while (ways.length > 0) {
    const longer: SyncRule[][] = [];
    for (const way of ways) {
      const [first] = way;
      const reached = first?.from ?? rule.from;
      if (rule.to.includes(reached)) {
        const rules = [rule, ...way];
        const common = commonImage(rules);
        if (common !== null) return { rules, common };
      }
      const before = others.filter((other) => other.to.includes(reached) && !way.includes(other));
      longer.push(...before.map((other) => [other, ...way]).filter((next) => commonImage([rule, ...next]) !== null));
    }
    ways = longer;
  }
  return null;
}

/** `shop/** (v*, !*-dev)`. */
function entryText({ images }: SyncRule, index: number): string {
  const { repository = '', tags = [] } = images[index] ?? {};
  return tags.length === 0 ? repository : `${repository} (${tags.join(', ')})`;
}
