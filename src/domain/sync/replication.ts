import { type Common, commonImage } from './common.ts';
import { TooManyStates } from './language.ts';
import { repositoryPatternSchema, tagPatternSchema } from './patterns.ts';
import type { SyncRule } from './rule.ts';

/** A replication rule of a Harbor, between registries as the fleet file calls them. */
export interface Replication {
  name: string;
  enabled: boolean;
  /** `manual`, `scheduled`, `event_based`. */
  trigger: string;
  /** Null: a registry that the fleet has not. */
  from: string | null;
  to: string;
  /** Globs of Harbor; null: all repositories, all tags. */
  repositories: string | null;
  tags: { pattern: string; excludes: boolean } | null;
  /** What takes the place of the project, or of more of the name, at the destination; null: the name stays. */
  namespace: string | null;
}

/** A sync rule that brings images to where a replication rule brings them, too. */
export interface ReplicationOverlap {
  rule: string;
  /** Where the sync rule brings them from. */
  from: string;
  /** An image that both bring; null: it cannot be told whether there is one. */
  example: string | null;
}

/** More alternatives than anybody writes; what has more is taken for all. */
const MOST_ALTERNATIVES = 64;

/**
 * The sync rules that bring images to the registry of a replication rule that it may bring there, too. Where Harbor's globs say
 * more than ours can, as `[ab]` does, more is taken to be meant rather than less.
 */
export function replicationOverlaps(replication: Replication, rules: readonly SyncRule[]): ReplicationOverlap[] {
  return rules
    .filter(({ to }) => to.includes(replication.to))
    .flatMap((rule): ReplicationOverlap[] => {
      const common = commonWith(replication, rule);
      if (common === null) return [];
      const example = common === 'unknown' ? null : common.example;
      return [{ rule: rule.name, from: rule.from, example }];
    });
}

function commonWith(replication: Replication, rule: SyncRule): Common | 'unknown' | null {
  try {
    return commonImage([rule, { ...rule, images: imagesOf(replication) }]);
  } catch (error) {
    if (error instanceof TooManyStates) return 'unknown';
    throw error;
  }
}

/** What it brings, as a sync rule would say it: by the names at the destination. */
function imagesOf({ repositories, tags, namespace }: Replication): SyncRule['images'] {
  const named = namespace === null ? expressed(repositories, isRepositoryGlob) : [`${namespace}/**`];
  const { pattern = null, excludes = false } = tags ?? {};
  const globs = pattern === null ? null : expressed(pattern.replaceAll('**', '*'), isTagGlob);
  const of = globs === null ? {} : { tags: globs.map((glob) => (excludes ? `!${glob}` : glob)) };
  return (named ?? ['**']).map((repository) => ({ repository, ...of }));
}

/** The globs of ours that together mean what one of Harbor does; null: all is as near as they come. */
function expressed(pattern: string | null, isOurs: (glob: string) => boolean): string[] | null {
  if (pattern === null || pattern === '') return null;
  const globs = alternatives(pattern)?.map((glob) =>
    // Within a part two stars are one.
    glob
      .split('/')
      .map((part) => (part === '**' ? part : part.replace(/\*{2,}/g, '*')))
      .join('/'),
  );
  return globs?.every(isOurs) === true ? globs : null;
}

const isRepositoryGlob = (glob: string): boolean => repositoryPatternSchema.safeParse(glob).success;
const isTagGlob = (glob: string): boolean => tagPatternSchema.safeParse(glob).success;

/** `{a,b}/c` is `a/c` and `b/c`; one within another is none that we read. Null: too many, or not well formed. */
function alternatives(pattern: string): string[] | null {
  const [whole, before = '', within = '', after = ''] = /^([^{}]*)\{([^{}]*)\}(.*)$/.exec(pattern) ?? [];
  if (whole === undefined) return /[{}]/.test(pattern) ? null : [pattern];
  const rest = alternatives(after);
  const all = rest?.flatMap((end) => within.split(',').map((one) => before + one + end));
  return all === undefined || all.length > MOST_ALTERNATIVES ? null : all;
}
