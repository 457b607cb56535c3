import { expect, test } from 'vitest';
import { replicationOverlaps, type Replication } from '../../../../src/domain/sync/replication.ts';
import { way } from './fixtures.ts';

const replication = (change: Partial<Replication> = {}): Replication => ({
  ...{ name: 'mirror', enabled: true, trigger: 'manual', from: 'north', to: 'south' },
  ...{ repositories: 'shop/**', tags: null, namespace: null },
  ...change,
});
const examples = (change: Partial<Replication>, ...images: string[]): (string | null)[] =>
  replicationOverlaps(replication(change), [way('shop', 'north > south, east', ...images)]).map(
    ({ example }) => example,
  );

test('sync rules that bring the same images to the same registry, from wherever', () => {
  const rules = [
    way('same', 'north > south', 'shop/web:v*'),
    way('other', 'east > south', 'shop/api'),
    way('elsewhere', 'north > east', 'shop/web'),
    way('apart', 'north > south', 'pay/**'),
  ];
  expect(replicationOverlaps(replication(), rules)).toEqual([
    { rule: 'same', from: 'north', example: 'shop/web:v' },
    { rule: 'other', from: 'east', example: expect.stringMatching(/^shop\/api:./) as string },
  ]);
});

test.each([
  ['all', null, 'pay/web', true],
  ['nothing said', '', 'pay/web', true],
  ['one of several', '{shop,pay}/{web,api}', 'pay/api', true],
  ['none of several', '{shop,pay}/{web,api}', 'pay/job', false],
  ['two stars within a part, which are one', 'shop/w**', 'shop/web/part', false],
  ['two stars within a part', 'shop/w**', 'shop/web', true],
  ['what our globs cannot say is taken for all', '[sp]*/web', 'other/web', true],
  ['one alternative within another', '{shop,{pay,base}}/web', 'other/web', true],
  ['what is not well formed', '{shop/web', 'other/web', true],
  ['too many alternatives', `${'{a,b,c,d,e}'.repeat(3)}/web`, 'other/web', true],
])('repositories: %s', (_what, repositories, ours, meets) => {
  expect(examples({ repositories }, ours)).toHaveLength(meets ? 1 : 0);
});

test.each([
  ['matches', { pattern: 'v*', excludes: false }, 'v1', true],
  ['matches others', { pattern: 'v*', excludes: false }, 'latest', false],
  ['matches one of several', { pattern: '{v**,latest}', excludes: false }, 'latest', true],
  ['excludes', { pattern: '{v*,latest}', excludes: true }, 'latest', false],
  ['excludes others', { pattern: 'v*', excludes: true }, 'latest', true],
  [
    'excludes what our globs cannot say: nothing, as far as we can tell',
    { pattern: 'v[0-9]', excludes: true },
    'v1',
    true,
  ],
  ['of nothing', { pattern: '', excludes: false }, 'v1', true],
])('tags: %s', (_what, tags, tag, meets) => {
  expect(examples({ tags }, `shop/web:${tag}`)).toHaveLength(meets ? 1 : 0);
});

test('what takes another name at the destination is looked for under that', () => {
  const change = { repositories: 'shop/**', namespace: 'mirrored' };
  expect(examples(change, 'shop/web')).toEqual([]);
  expect(examples(change, 'mirrored/**')).toEqual([expect.stringMatching(/^mirrored\//)]);
});

test('what cannot be compared is told without an example', () => {
  const intricate = (letter: string) => `*${letter}${'?'.repeat(10)}`;
  expect(examples({ tags: { pattern: intricate('b'), excludes: false } }, `shop/web:${intricate('a')},!*c*`)).toEqual([
    null,
  ]);
});
