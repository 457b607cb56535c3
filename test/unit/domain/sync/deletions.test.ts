import { expect, test } from 'vitest';
import { judgeDeletions, type DeletionsKnown } from '../../../../src/domain/sync/deletions.ts';
import type { Extra } from '../../../../src/domain/sync/drift.ts';
import type { SyncRule } from '../../../../src/domain/sync/rule.ts';
import { rule } from './fixtures.ts';

const ON = { tags: true, keep: ['latest'], most: 3, repositories: false };
const SHOP = rule({
  ...{
    name: 'shop',
    from: 'north',
    to: ['south', 'east'],
    images: [{ repository: 'shop/**', tags: ['v*', 'latest'] }],
  },
  deletions: ON,
});
const NOTHING: DeletionsKnown = { lately: 0, unsupported: [] };

function extra(image: string, change: Partial<Extra> = {}): Extra {
  const [repository = '', tag = ''] = image.split(':');
  return { repository, tag, digest: 'sha256:1', to: ['south', 'east'], isWhole: false, ...change };
}
const going = (others: SyncRule[], all: Extra[], known = NOTHING, allow = {}): [string[], string[]] => {
  const { allowed, held } = judgeDeletions(SHOP, [SHOP, ...others], all, known, allow);
  return [
    allowed.map(({ repository, tag, to }) => `${repository}:${tag} ${to.join()}`),
    held.map(({ repository, tag, to, why, detail }) => `${repository}:${tag} ${to.join()} ${why} ${detail}`.trim()),
  ];
};

test('what the rule brings and deletes goes; what it keeps, or brings no more, is not spoken of', () => {
  const all = [extra('shop/web:v1'), extra('shop/web:latest'), extra('shop/web:dev'), extra('pay/web:v1')];
  expect(going([], all)).toEqual([['shop/web:v1 south,east'], []]);
  const off = { ...SHOP, deletions: { ...ON, tags: false } };
  expect(judgeDeletions(off, [off], all, NOTHING)).toEqual({ allowed: [], held: [] });
});

test('what another rule brings there stays there, and goes elsewhere', () => {
  const from = (source: string, change: Partial<SyncRule> = {}): SyncRule =>
    rule({ name: 'all', from: source, to: ['east'], images: [{ repository: '**' }], ...change });
  const stays = [['shop/web:v1 south'], ['shop/web:v1 east rule all']];
  expect(going([from('north')], [extra('shop/web:v1')])).toEqual(stays);
  expect(going([from('south-edge')], [extra('shop/web:v1')])).toEqual(stays);
  // From another source it stays, whatever becomes of tags there.
  expect(going([from('south-edge', { deletions: ON })], [extra('shop/web:v1')])).toEqual(stays);
  // One that would delete it, too, agrees.
  expect(going([from('north', { deletions: ON })], [extra('shop/web:v1')])).toEqual([['shop/web:v1 south,east'], []]);
  const keeps = { deletions: { ...ON, keep: ['v*'] } };
  expect(going([from('north', keeps)], [extra('shop/web:v1')])).toEqual(stays);
  const other = from('north', { images: [{ repository: 'pay/**' }] });
  expect(going([other], [extra('shop/web:v1')])).toEqual([['shop/web:v1 south,east'], []]);
});

test('the last tags of a repository stay, unless the rule, or a person, says otherwise', () => {
  const whole = extra('shop/web:v1', { isWhole: true });
  expect(going([], [whole])).toEqual([[], ['shop/web:v1 south,east repository']]);
  expect(going([], [whole], NOTHING, { repositories: true })).toEqual([['shop/web:v1 south,east'], []]);
});

test('of more than may go in an hour none goes, those that went lately counted; a person may let them go', () => {
  const tags = (count: number): Extra[] => Array.from({ length: count }, (_, n) => extra(`shop/web:v${n}`));
  expect(going([], tags(3))[0]).toHaveLength(3);
  const [gone, held] = going([], tags(4));
  expect(gone).toEqual([]);
  expect(held).toHaveLength(4);
  expect(held[0]).toBe('shop/web:v0 south,east many 4 in an hour, and 3 may go');
  expect(going([], tags(1), { ...NOTHING, lately: 3 })[1]).toEqual([
    'shop/web:v0 south,east many 4 in an hour, and 3 may go',
  ]);
  expect(going([], tags(4), NOTHING, { most: 4 })[0]).toHaveLength(4);
  // One tag of two digests, in two registries, is one tag.
  const twins = [extra('shop/web:v9', { to: ['south'] }), extra('shop/web:v9', { to: ['east'], digest: 'sha256:2' })];
  expect(going([], [...tags(2), ...twins])[0]).toHaveLength(4);
});

test('a registry that deletes no tags is not tried again, and is not counted', () => {
  expect(going([], [extra('shop/web:v1')], { ...NOTHING, unsupported: ['east'] })).toEqual([
    ['shop/web:v1 south'],
    ['shop/web:v1 east unsupported'],
  ]);
});
