import { expect, test } from 'vitest';
import type { Drift, Extra, Missing, TagDrop } from '../../src/domain/sync/drift.ts';
import { accountOf } from '../../src/workflows/reconcile/account.ts';

const missing = (tag: string, ...to: string[]): Missing => ({ repository: 'shop/web', tag, digest: 'sha256:1', to });
const extra = (tag: string, ...to: string[]): Extra => ({ ...missing(tag, ...to), isWhole: false });
const drop = (tag: string, registry: string, outcome: TagDrop['outcome'], detail = ''): TagDrop => ({
  ...{ repository: 'shop/web', tag, digest: 'sha256:1', registry, outcome, detail },
});
const drift = (change: Partial<Drift>): Drift => ({
  checked: 9,
  missing: [],
  extra: [],
  isCut: false,
  away: {},
  ...change,
});
const TROUBLE = { verdict: 'errored', code: 'REGISTRY_UNREACHABLE', message: 'away' } as const;

test('each IDC is told its own; what differs in several of them is one example', () => {
  const { idcs, examples, unsupported } = accountOf(
    [
      {
        ...{ idc: 'south', registries: ['south', 'edge'], trouble: null },
        drift: drift({ missing: [missing('v1', 'edge')], extra: ['v2', 'v3', 'v4'].map((tag) => extra(tag, 'south')) }),
      },
      {
        ...{ idc: 'east', registries: ['east'], trouble: TROUBLE },
        drift: drift({ missing: [missing('v1', 'east')], isCut: true }),
      },
    ],
    [{ ...extra('v4', 'south'), why: 'rule', detail: 'all' }],
    [
      drop('v2', 'south', 'deleted'),
      drop('v2', 'edge', 'deleted'),
      drop('v3', 'south', 'unsupported'),
      drop('v3', 'edge', 'failed', 'REGISTRY_DENIED: no'),
      drop('v5', 'south', 'back'),
      drop('v6', 'south', 'emptied'),
      drop('v7', 'south', 'absent'),
    ],
  );
  expect(idcs).toEqual({
    south: { checked: 9, missing: 1, extra: 3, deleted: 1, held: 3, isCut: false, trouble: null },
    east: { checked: 9, missing: 1, extra: 0, deleted: 0, held: 0, isCut: true, trouble: TROUBLE },
  });
  expect(
    examples.map(({ what, image, registries, why, detail }) =>
      `${what} ${image} ${registries.join()} ${why ?? ''} ${detail}`.trim(),
    ),
  ).toEqual([
    'missing shop/web:v1 edge,east',
    'deleted shop/web:v2 south,edge',
    'held shop/web:v4 south rule all',
    'held shop/web:v3 south unsupported',
    'held shop/web:v3 edge failed REGISTRY_DENIED: no',
    'held shop/web:v6 south repository',
  ]);
  expect(unsupported).toEqual(['south']);
});

test('only the first of each kind are told', () => {
  const many = Array.from({ length: 500 }, (_, n) => missing(`v${n}`, 'south'));
  const finding = { idc: 'south', registries: ['south'], drift: drift({ missing: many }), trouble: null };
  const { idcs, examples } = accountOf([finding], [], []);
  expect(idcs['south']?.missing).toBe(500);
  expect(examples).toHaveLength(10);
  expect(examples[9]?.image).toBe('shop/web:v9');
});
