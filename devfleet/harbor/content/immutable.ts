import type { ImmutableRuleBody, Selector } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { matchesGlob } from './glob.ts';

/**
 * May the tag neither move nor go (src/pkg/immutable/match/rule)? Of each rule the first selector of either kind counts.
 * @param repository with its project
 */
export function isImmutable(store: Store, projectId: number, repository: string, tag: string): boolean {
  const name = repository.slice(repository.indexOf('/') + 1);
  return store.immutableRules.all().some((row) => row.projectId === projectId && covers(row.rule, name, tag));
}

function covers({ disabled, scope_selectors, tag_selectors }: ImmutableRuleBody, name: string, tag: string): boolean {
  const [scope] = scope_selectors.repository ?? [];
  const [tags] = tag_selectors;
  if (disabled || scope === undefined || tags === undefined) return false;
  return selects(scope, 'repo', name) && selects(tags, '', tag);
}

function selects({ decoration, pattern }: Selector, of: 'repo' | '', text: string): boolean {
  const [matches, excludes] = of === 'repo' ? ['repoMatches', 'repoExcludes'] : ['matches', 'excludes'];
  if (decoration === matches) return matchesGlob(pattern, text);
  return decoration === excludes && !matchesGlob(pattern, text);
}
