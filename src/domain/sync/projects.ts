import { commonImage, comparing } from './common.ts';
import { globOf, isExclusion } from './patterns.ts';
import type { SyncRule } from './rule.ts';

/**
 * Projects of a Harbor that rules have to do with: those that they name, and of those that are there the ones that may hold what
 * they bring.
 * @param known projects that are there
 * @returns in alphabetical order
 * @throws TransshipError SYNC_RULE_INVALID where patterns cannot be compared
 */
export function projectsOf(rules: readonly SyncRule[], known: readonly string[]): string[] {
  const named = rules.flatMap(({ images }) => images.flatMap(({ repository }) => projectIn(repository) ?? []));
  const all = [...new Set([...named, ...known])].sort();
  return all.filter((project) => rules.some((rule) => concerns(rule, project)));
}

/** May a rule bring something of the project? @throws TransshipError SYNC_RULE_INVALID */
export function concerns(rule: SyncRule, project: string): boolean {
  const named = rule.images.filter(({ repository }) => !isExclusion(repository));
  // Most rules name their projects: nothing is to be compared then.
  if (!named.some(({ repository }) => (projectIn(repository) ?? project) === project)) return false;
  const whole = { ...rule, images: [{ repository: `${project}/**` }] };
  return comparing(rule, () => commonImage([rule, whole])) !== null;
}

/** The project that a pattern names; null where it may be any of several. */
function projectIn(pattern: string): string | null {
  const [project = '', ...rest] = globOf(pattern).split('/');
  return isExclusion(pattern) || rest.length === 0 || /[*?]/.test(project) ? null : project;
}
