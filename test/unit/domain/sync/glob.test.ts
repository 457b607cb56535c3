import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { compileGlob, matches } from '../../../../src/domain/sync/glob.ts';
import { repositoryGlobs } from './fixtures.ts';

const isMatch = (glob: string, name: string): boolean => matches(compileGlob(glob), name);

test.each([
  ['shop/web', 'shop/web', true],
  ['shop/web', 'shop/web2', false],
  ['shop/web', 'shop/we', false],
  ['shop.web', 'shop-web', false],
  ['shop/*', 'shop/web', true],
  ['shop/*', 'shop/team/web', false],
  ['shop/*', 'shop', false],
  ['*', 'web', true],
  ['*', 'shop/web', false],
  ['**', 'shop/team/web', true],
  ['shop/**', 'shop/web', true],
  ['shop/**', 'shop/team/web', true],
  ['shop/**', 'shop', false],
  ['shop/**', 'shopping/web', false],
  ['**/web', 'web', true],
  ['**/web', 'shop/team/web', true],
  ['**/web', 'shop/cobweb', false],
  ['shop/**/web', 'shop/web', true],
  ['shop/**/web', 'shop/a/b/web', true],
  ['shop/**/web', 'shop/a/web/b', false],
  ['**/a/**', 'a/b', true],
  ['**/a/**', 'b/a/b', true],
  ['**/a/**', 'b/a', false],
  ['s?op', 'shop', true],
  ['s?op', 'sop', false],
  ['a?b', 'a/b', false],
  ['a*c*e', 'abcde', true],
  ['a*c*e', 'abcd', false],
  ['v*', 'v1.2.3', true],
  ['*-dev', 'v1-dev', true],
  ['*-dev', 'v1-dev2', false],
])('%s matches %s: %s', (glob, name, expected) => {
  expect(isMatch(glob, name)).toBe(expected);
});

/** The same said by a regular expression, which is right and may be slow. */
function reference(glob: string): RegExp {
  const text = glob
    .replace(/[.\\+^$()|[\]{}]/g, '\\$&')
    .replaceAll('?', '[^/]')
    .replace(/\*\*\/|\*\*|\*/g, (stars) => ({ '**/': '(?:[^]*/)?', '**': '[^]*' })[stars] ?? '[^/]*');
  return new RegExp(`^${text}$`);
}

describe('any glob', () => {
  const names = fc.array(fc.constantFrom('a', 'b', '/', '-'), { maxLength: 8 }).map((chars) => chars.join(''));

  it('matches what it says', () => {
    fc.assert(
      fc.property(repositoryGlobs, names, (glob, name) => {
        expect(isMatch(glob, name), `${glob} ${name}`).toBe(reference(glob).test(name));
      }),
      { numRuns: 3_000 },
    );
  });

  it('takes no longer the more stars it has', () => {
    // Backtracking would take more than 10^20 steps.
    expect(isMatch(`${'*a'.repeat(60)}*c`, 'a'.repeat(255))).toBe(false);
    expect(isMatch(`${'**/'.repeat(40)}c`, 'a/'.repeat(120))).toBe(false);
  });
});
