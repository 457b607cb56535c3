/** The names that a kind of thing may have, as an automaton: a state, or null where no name begins so. */
export interface Names {
  start: string;
  next(state: string, char: string): string | null;
  isWhole(state: string): boolean;
  /** Characters at most. */
  longest: number;
  /**
   * Characters that stand for all: those named and, of each kind that the names tell apart, one that is not named. Those
   * that read well come first.
   */
  alphabet(named: ReadonlySet<string>): string[];
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';

/** The rest of the states of a repository after a separator; after these another one would be one too many. */
const SEPARATORS: Record<string, string> = { '.': 'dot', _: 'underscore', '-': 'dash', '/': 'slash' };

/** Repositories, as the distribution spec has them: parts of letters and digits, with `.`, `_`, `__` or dashes inside. */
export const REPOSITORIES: Names = {
  start: 'slash',
  longest: 255,
  next(state, char) {
    if (LOWER.includes(char) || DIGITS.includes(char)) return 'letter';
    if (state === 'underscore' && char === '_') return 'two underscores';
    if (state === 'dash' && char === '-') return state;
    return state === 'letter' ? (SEPARATORS[char] ?? null) : null;
  },
  isWhole: (state) => state === 'letter',
  alphabet: (named) => withOthers(named, LOWER + DIGITS, '/-._'),
};

/** Tags, as the distribution spec has them. */
export const TAGS: Names = {
  start: 'none',
  longest: 128,
  next(state, char) {
    if (/^[A-Za-z0-9_]$/.test(char)) return 'some';
    return state === 'some' && /^[.-]$/.test(char) ? state : null;
  },
  isWhole: (state) => state === 'some',
  alphabet: (named) => withOthers(named, `v${LOWER}${LOWER.toUpperCase()}${DIGITS}_`, '.-'),
};

/** Of letters, which are all alike, one that is not named will do; separators are told apart. */
function withOthers(named: ReadonlySet<string>, letters: string, separators: string): string[] {
  const other = Array.from(letters).find((letter) => !named.has(letter));
  const known = [...named].filter((char) => letters.includes(char)).sort();
  return [...(other === undefined ? [] : [other]), ...known, ...Array.from(separators)];
}
