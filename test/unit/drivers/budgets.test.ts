import { expect, test } from 'vitest';
import { tightened, type Allowance } from '../../../src/drivers/kubernetes/budgets.ts';
import { matches, selectorText, type Selector } from '../../../src/drivers/kubernetes/selector.ts';

const CASES: [own: Allowance, out: number, expected: number, written: Allowance][] = [
  [{ minAvailable: 2 }, 0, 3, { minAvailable: 2 }],
  [{ minAvailable: 2 }, 1, 3, { minAvailable: 3 }],
  [{ minAvailable: '50%' }, 0, 5, { minAvailable: '50%' }],
  // Rounded up: 3 of 5.
  [{ minAvailable: '50%' }, 1, 5, { minAvailable: 4 }],
  [{ maxUnavailable: 1 }, 1, 3, { maxUnavailable: 0 }],
  [{ maxUnavailable: 1 }, 2, 3, { maxUnavailable: 0 }],
  [{ maxUnavailable: '25%' }, 1, 10, { maxUnavailable: 2 }],
];

test.each(CASES)('%j with %i out of %i: %j', (own, out, expected, written) => {
  expect(tightened(own, out, expected)).toEqual(written);
});

const LABELS = { app: 'shop', tier: 'web' };
const SELECTORS: [selector: Selector | undefined, picks: boolean, text: string][] = [
  [undefined, false, ''],
  [{}, true, ''],
  [{ matchLabels: { app: 'shop' } }, true, 'app=shop'],
  [{ matchLabels: { app: 'other' } }, false, 'app=other'],
  [{ matchExpressions: [{ key: 'tier', operator: 'In', values: ['web', 'api'] }] }, true, 'tier in (web,api)'],
  [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }, false, 'zone in (a)'],
  [{ matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['web'] }] }, false, 'tier notin (web)'],
  [{ matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, true, 'zone notin (a)'],
  [{ matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true, 'tier'],
  [{ matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false, '!tier'],
  [
    { matchLabels: { app: 'shop' }, matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] },
    true,
    'app=shop,!zone',
  ],
];

test.each(SELECTORS)('selector %j: %s, as a query "%s"', (selector, picks, text) => {
  expect(matches(selector, LABELS)).toBe(picks);
  expect(selectorText(selector)).toBe(text);
});
