import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { compileGlob } from '../../../../src/domain/sync/glob.ts';
import { isIn, type Language, shortest, TooManyStates } from '../../../../src/domain/sync/language.ts';
import { type Names, REPOSITORIES, TAGS } from '../../../../src/domain/sync/names.ts';
import { repositoryGlobs, tagGlobs } from './fixtures.ts';

const language = (anyOf: string[][], noneOf: string[] = []): Language => ({
  anyOf: anyOf.map((globs) => globs.map(compileGlob)),
  noneOf: noneOf.map(compileGlob),
});

const repository = (globs: string[], ...noneOf: string[]): string | null =>
  shortest(
    REPOSITORIES,
    language(
      globs.map((glob) => [glob]),
      noneOf,
    ),
  );
const tag = (lists: string[][], ...noneOf: string[]): string | null => shortest(TAGS, language(lists, noneOf));

describe('what repositories have in common', () => {
  test.each([
    [['shop/**', 'shop/web'], 'shop/web'],
    [['shop/*', '*/web'], 'shop/web'],
    [['shop/*', 'shop/*/web'], null],
    [['shop/**', 'shop/*/web'], 'shop/a/web'],
    [['shop/**', 'shopping/**'], null],
    [['shop', 'shop/**'], null],
    [['**/web', '**/api'], null],
    [['a*', '*b'], 'ab'],
    [['*a', 'a*', '?'], 'a'],
    [['a?', '?b', 'ab*'], 'ab'],
    [['**/a', 'b/**', '*/*/*'], 'b/c/a'],
  ])('%j: %s', (globs, expected) => {
    expect(repository(globs)).toBe(expected);
  });

  test.each([
    [['shop/**'], ['shop/web'], 'shop/a'],
    [['shop/**'], ['shop/*'], 'shop/a/a'],
    [['shop/**'], ['**'], null],
    [['shop/**'], ['shop/*', 'shop/*/**'], null],
    [['shop/*'], ['shop/?*'], null],
    [['?'], Array.from('abcdefghijklmnopqrstuvwxyz'), '0'],
    [['?'], Array.from('abcdefghijklmnopqrstuvwxyz0123456789'), null],
    // No name has a separator at its end, or two of most kinds side by side.
    [['a?'], ['aa', 'a?'], null],
    [['a-*'], [], 'a-b'],
    [['a__*'], [], 'a__b'],
  ] as [string[], string[], string | null][])('%j without %j: %s', (globs, without, expected) => {
    expect(repository(globs, ...without)).toBe(expected);
  });

  test.each(['-a', 'a-', 'a..b', 'a___b', 'a//b', 'a.', 'A', 'a/-b'])('%s is the name of none', (glob) => {
    expect(repository([glob])).toBeNull();
  });

  it('looks at names as long as there may be, and no longer', () => {
    const long = 'a'.repeat(255);
    expect(repository([long])).toBe(long);
    expect(repository([`${long}?`])).toBeNull();
    expect(repository([`${'a'.repeat(254)}*`, '*b'])).toBe(`${'a'.repeat(254)}b`);
    expect(repository([`${'a'.repeat(255)}*`, '*b'])).toBeNull();
  });
});

describe('what tags have in common', () => {
  test.each([
    [[['v*'], ['*-dev']], [], 'v-dev'],
    [[['v*', 'latest'], ['l*']], [], 'latest'],
    [[['v*', 'x'], ['latest']], [], null],
    [[['*']], ['v*'], 'a'],
    [[['v*']], ['v?*'], 'v'],
    [[['v*']], ['v*'], null],
    [[['.*']], [], null],
    [[['V1'], ['V?']], [], 'V1'],
  ] as [string[][], string[], string | null][])('%j without %j: %s', (lists, without, expected) => {
    expect(tag(lists, ...without)).toBe(expected);
  });

  it('is refused where it would take too long', () => {
    expect(() => tag([['b*b']], `*b${'?'.repeat(20)}`, '*')).toThrow(TooManyStates);
  });
});

function isName(names: Names, word: string): boolean {
  let state: string | null = names.start;
  for (const char of word) state = state === null ? null : names.next(state, char);
  return state !== null && names.isWhole(state);
}

/** All names up to a length over a few letters. */
function allNames(names: Names, letters: string[], longest: number): string[] {
  const found: string[] = [];
  let layer: [string, string][] = [['', names.start]];
  for (let length = 1; length <= longest; length++) {
    layer = layer.flatMap(([word, state]) =>
      letters.flatMap((letter): [string, string][] => {
        const next = names.next(state, letter);
        return next === null ? [] : [[word + letter, next]];
      }),
    );
    found.push(...layer.filter(([, state]) => names.isWhole(state)).map(([word]) => word));
  }
  return found;
}

/** Names that are tried one by one have so many characters at most. */
const SHORT = 4;

describe.each([
  ['repositories', REPOSITORIES, repositoryGlobs, allNames(REPOSITORIES, ['a', 'b', 'c', '/', '-'], SHORT)],
  ['tags', TAGS, tagGlobs, allNames(TAGS, ['a', 'b', 'c', '.'], SHORT)],
] as const)('the shortest name, of %s', (_what, names, globs, short) => {
  const lists = fc.array(fc.array(globs, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 3 });

  it('is one that matching takes, and there is none where matching takes none', () => {
    fc.assert(
      fc.property(lists, fc.array(globs, { maxLength: 2 }), (anyOf, noneOf) => {
        const all = language(anyOf, noneOf);
        const found = shortest(names, all);
        const first = short.find((name) => isIn(all, name));
        const told = `${JSON.stringify(anyOf)} without ${JSON.stringify(noneOf)}: ${found ?? 'none'}, ${first ?? 'none'}`;
        if (found === null) expect(first, told).toBeUndefined();
        else {
          expect(isIn(all, found), told).toBe(true);
          expect(isName(names, found), told).toBe(true);
          if (first !== undefined) expect(found.length, told).toBe(first.length);
          else expect(found.length, told).toBeGreaterThan(SHORT);
        }
      }),
      { numRuns: 500 },
    );
  });
});
