import { expect, it } from 'vitest';
import { stalePages } from '../../../scripts/docs.ts';

it('the reference pages say what the code says (else: npm run docs)', async () => {
  expect(await stalePages()).toEqual([]);
});
