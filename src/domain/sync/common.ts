import { TransshipError } from '../errors.ts';
import { type Images, imagesOf } from './images.ts';
import { both, type Language, shortest, TooManyStates } from './language.ts';
import { REPOSITORIES, TAGS } from './names.ts';
import type { SyncRule } from './rule.ts';

/** An image that several rules bring. */
export interface Common {
  /** The shortest one: `shop/a:v1`. */
  example: string;
  /** The entry of each rule that brings it, in the order of the rules. */
  entries: number[];
}

const ALL: Language = { anyOf: [], noneOf: [] };

/**
 * An image that every one of the rules brings, or null where no image can be: exact, whatever is in the registries.
 * @throws TooManyStates
 */
export function commonImage(rules: readonly SyncRule[]): Common | null {
  return search(
    rules.map((rule) => imagesOf(rule)),
    { repositories: ALL, tags: ALL },
    [],
  );
}

/** Entry by entry, going on only with what those before have in common. */
function search(
  rules: readonly (readonly Images[])[],
  { repositories, tags }: Omit<Images, 'index'>,
  entries: number[],
): Common | null {
  const repository = shortest(REPOSITORIES, repositories);
  const tag = repository === null ? null : shortest(TAGS, tags);
  if (repository === null || tag === null) return null;
  const [next, ...others] = rules;
  if (next === undefined) return { example: `${repository}:${tag}`, entries };
  for (const entry of next) {
    const narrower = {
      repositories: both(repositories, entry.repositories),
      tags: both(tags, entry.tags),
    };
    const found = search(others, narrower, [...entries, entry.index]);
    if (found !== null) return found;
  }
  return null;
}

/**
 * Compares a rule with others.
 * @throws TransshipError SYNC_RULE_INVALID where its patterns make that too much work
 */
export function comparing<T>(rule: SyncRule, compare: () => T): T {
  try {
    return compare();
  } catch (error) {
    if (!(error instanceof TooManyStates)) throw error;
    const message = 'are too intricate to be compared with those of other rules';
    const hint = 'use fewer ? after a *, and fewer exclusions with a * in them';
    throw new TransshipError('SYNC_RULE_INVALID', `rule ${rule.name}: its images ${message}`, {
      places: [{ path: 'images', message, hint }],
    });
  }
}
