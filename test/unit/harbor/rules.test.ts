import { describe, expect, test } from 'vitest';
import { fits, readQuery, snakeCase } from '../../../devfleet/harbor/api/query.ts';
import { matchesGlob } from '../../../devfleet/harbor/content/glob.ts';
import { isImmutable } from '../../../devfleet/harbor/content/immutable.ts';
import type { ImmutableRuleBody } from '../../../devfleet/harbor/store/rows.ts';
import { Store } from '../../../devfleet/harbor/store/store.ts';
import { backOffSeconds } from '../../../devfleet/harbor/webhooks/back-off.ts';

test.each([
  ['', 'anything/at all', true],
  ['v*', 'v1.2', true],
  ['v*', 'w1', false],
  ['*', 'a/b', false],
  ['**', 'a/b', true],
  ['a/**', 'a/b/c', true],
  ['a/**/c', 'a/c', true],
  ['a/**/c', 'a/b/b/c', true],
  ['a/**/c', 'abc', false],
  ['v?', 'v1', true],
  ['v?', 'v12', false],
  ['{v*,release-[0-9]}', 'release-3', true],
  ['{v*,release-[0-9]}', 'release-x', false],
  ['[!v]*', 'w1', true],
  ['[!v]*', 'v1', false],
  ['1.0+x', '1.0+x', true],
  ['1.0', '1x0', false],
])('pattern %j on %j: %j', (pattern, text, expected) => {
  expect(matchesGlob(pattern, text)).toBe(expected);
});

describe('immutable rules', () => {
  const rule = (more: Partial<ImmutableRuleBody>): ImmutableRuleBody => ({
    disabled: false,
    priority: 0,
    action: 'immutable',
    template: 'immutable_template',
    tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: 'v*' }],
    scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: 'web/**' }] },
    ...more,
  });
  const repoExcludes = { repository: [{ kind: 'doublestar', decoration: 'repoExcludes', pattern: 'web/**' }] };
  const tagExcludes = [{ kind: 'doublestar', decoration: 'excludes', pattern: 'v*' }];

  test.each([
    ['as it is', {}, 'shop/web/a', 'v1', true],
    ['another tag', {}, 'shop/web/a', 'latest', false],
    ['another repository', {}, 'shop/db', 'v1', false],
    ['switched off', { disabled: true }, 'shop/web/a', 'v1', false],
    ['all repositories but these', { scope_selectors: repoExcludes }, 'shop/db', 'v1', true],
    ['these repositories, excluded', { scope_selectors: repoExcludes }, 'shop/web/a', 'v1', false],
    ['all tags but these', { tag_selectors: tagExcludes }, 'shop/web/a', 'latest', true],
    ['without selectors', { tag_selectors: [] }, 'shop/web/a', 'v1', false],
    ['without a scope', { scope_selectors: {} }, 'shop/web/a', 'v1', false],
  ])('%s', (_what, more, repository, tag, expected) => {
    const store = new Store(null);
    store.immutableRules.put({ id: 1, projectId: 1, rule: rule(more) });
    expect(isImmutable(store, 1, repository, tag)).toBe(expected);
    expect(isImmutable(store, 2, repository, tag)).toBe(false);
  });
});

describe('q=', () => {
  const wanted = (text: string) => readQuery(text).get('k');

  test.each([
    ['k=v', 'v', true],
    ['k=v', 'vv', false],
    ['k=~V', 'av', true],
    ['k=[2~4]', 3, true],
    ['k=[2~4]', 5, false],
    ['k=[~4]', 1, true],
    ['k=[2~]', 1, false],
    ['k={a b "c"}', 'c', true],
    ['k={a b}', 'c', false],
    ['k=(a b)', 'c', true],
    ['k=\\~a', '~a', true],
    ['k=a=b', 'a=b', true],
  ])('%j on %j: %j', (text, value, expected) => {
    const found = wanted(text);
    expect(found === undefined ? undefined : fits(found, value)).toBe(expected);
  });

  test.each(['k', '=v', 'k=', 'k=~', 'k=[1]', 'k=[~]', 'k={a', 'k=(a}'])('%j is refused', (text) => {
    expect(() => readQuery(text)).toThrow(/query string/);
  });

  test('several, by names in either case', () => {
    expect([...readQuery('Level=project,ProjectID=1').keys()]).toEqual(['level', 'project_id']);
    expect(['RepositoryID', 'creation_time', 'URL'].map(snakeCase)).toEqual(['repository_id', 'creation_time', 'url']);
  });
});

test('a failed webhook waits 16 to 74 s, then 31 to 118', () => {
  const bounds = (fails: number) => [backOffSeconds(fails, () => 0), backOffSeconds(fails, () => 0.999)];
  expect([bounds(1), bounds(2)]).toEqual([
    [16, 74],
    [31, 118],
  ]);
});
