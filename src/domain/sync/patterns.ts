import { z } from 'zod';
import { compileGlob } from './glob.ts';
import { shortest, TooManyStates } from './language.ts';
import { type Names, REPOSITORIES, TAGS } from './names.ts';

/** A glob with `!` before it takes out what it matches. */
export const isExclusion = (pattern: string): boolean => pattern.startsWith('!');

/** The glob of a pattern, without the mark of an exclusion. */
export const globOf = (pattern: string): string => (isExclusion(pattern) ? pattern.slice(1) : pattern);

const pattern = (fault: (glob: string) => string | null) =>
  z.string().superRefine((text, context) => {
    const message = fault(globOf(text));
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

/** `shop/**`: a glob over repositories, or `!` and one. */
export const repositoryPatternSchema = pattern(repositoryFault);

/** `v*`: a glob over tags, or `!` and one. */
export const tagPatternSchema = pattern((glob) => syntaxFault(glob) ?? tagFault(glob));

/** The same, where none can be taken out. */
export const tagGlobSchema = z.string().superRefine((text, context) => {
  const message = syntaxFault(text) ?? tagFault(text);
  if (message !== null) context.addIssue({ code: 'custom', message });
});

function syntaxFault(glob: string): string | null {
  if (glob === '') return 'is empty; * stands for all';
  if (/[{}[\]\\]/.test(glob)) return 'must not hold {}, [] or \\: write an entry for each of what is meant';
  return null;
}

function repositoryFault(glob: string): string | null {
  const syntax = syntaxFault(glob);
  if (syntax !== null) return syntax;
  if (/[:@]/.test(glob)) return 'must not name a registry host, tag or digest; tags stand in "tags"';
  if (/[A-Z]/.test(glob)) return 'must be lower-case, as all repositories are';
  if (/[^a-z0-9._\-/*?]/.test(glob))
    return 'must be letters, digits and any of . _ - / with * ** and ? for what may vary';
  if (glob.split('/').some((part) => part.includes('**') && part !== '**'))
    return '** stands alone between slashes: shop/**, **/web';
  return length(glob, REPOSITORIES) ?? some(glob, REPOSITORIES, 'repository');
}

function tagFault(glob: string): string | null {
  if (/[^\w.\-*?]/.test(glob)) return 'must be letters, digits and any of . _ - with * and ? for what may vary';
  if (glob.includes('**')) return 'must not hold **: a tag has no parts, * stands for anything';
  return length(glob, TAGS) ?? some(glob, TAGS, 'tag');
}

const length = (glob: string, { longest }: Names): string | null =>
  glob.length > longest ? `must have at most ${longest} characters` : null;

function some(glob: string, names: Names, what: string): string | null {
  try {
    const name = shortest(names, { anyOf: [[compileGlob(glob)]], noneOf: [] });
    return name === null ? `matches no name that a ${what} may have` : null;
  } catch (error) {
    if (error instanceof TooManyStates) return 'is too intricate to be compared with others; use fewer ? after a *';
    throw error;
  }
}
