import { subjectOfTag } from './attached-tag.ts';
import { compileGlob, matches } from './glob.ts';
import { isIn, type Language } from './language.ts';
import { globOf, isExclusion } from './patterns.ts';
import type { SyncRule } from './rule.ts';

/** What an entry of `images` brings: each of the repositories with each of the tags. */
export interface Images {
  /** In the list of the rule. */
  index: number;
  repositories: Language;
  tags: Language;
}

/** Rules are compared and matched often, and are never changed. */
const known = new WeakMap<SyncRule, readonly Images[]>();

/** What a rule brings, entry by entry: without the repositories that it takes out, whichever entry they stand in. */
export function imagesOf(rule: SyncRule): readonly Images[] {
  let images = known.get(rule);
  images ??= compile(rule);
  known.set(rule, images);
  return images;
}

function compile({ images }: SyncRule): Images[] {
  const out = images.map(({ repository }) => repository).filter(isExclusion);
  const noneOf = out.map((pattern) => compileGlob(globOf(pattern)));
  return images.flatMap(({ repository, tags = [] }, index) => {
    if (isExclusion(repository)) return [];
    const wanted = tags.filter((pattern) => !isExclusion(pattern));
    return [
      {
        index,
        repositories: { anyOf: [[compileGlob(repository)]], noneOf },
        tags: {
          anyOf: [(wanted.length === 0 ? ['*'] : wanted).map(compileGlob)],
          noneOf: tags.filter(isExclusion).map((pattern) => compileGlob(globOf(pattern))),
        },
      },
    ];
  });
}

/** Whether the rule brings what the tag of the repository names; what is attached to images goes along with them only. */
export function brings(rule: SyncRule, repository: string, tag: string): boolean {
  if (subjectOfTag(tag) !== null) return false;
  return imagesOf(rule).some(({ repositories, tags }) => isIn(repositories, repository) && isIn(tags, tag));
}

/** Whether the rule brings any tag of the repository. */
export function bringsOf(rule: SyncRule, repository: string): boolean {
  return imagesOf(rule).some(({ repositories }) => isIn(repositories, repository));
}

/** Whether a tag that the source has no more may be taken away where the rule brought it. */
export function deletes(rule: SyncRule, repository: string, tag: string): boolean {
  const { tags, keep } = rule.deletions;
  return tags && brings(rule, repository, tag) && !keep.some((glob) => matches(compileGlob(glob), tag));
}
