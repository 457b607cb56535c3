import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERRORS } from '../../../src/domain/errors.ts';

/** Pages that list every code without provoking any. */
const LISTS = ['errors-provoked.test.ts', 'errors.test.ts', 'reference.test.ts'];

test('every error code is expected by a test', () => {
  const folder = new URL('../../', import.meta.url);
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !LISTS.some((list) => name.endsWith(list)))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n');
  const unexpected = Object.keys(ERRORS).filter((code) => !new RegExp(`\\b${code}\\b`).test(sources));
  expect(unexpected).toEqual([]);
});
