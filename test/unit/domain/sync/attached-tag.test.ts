import { expect, test } from 'vitest';
import { subjectOfTag } from '../../../../src/domain/sync/attached-tag.ts';
import { brings } from '../../../../src/domain/sync/images.ts';
import { rule } from './fixtures.ts';

const HEX = '1a'.repeat(32);

test.each([
  [`sha256-${HEX}`, true],
  [`sha256-${HEX}.sig`, true],
  [`sha256-${HEX}.att`, true],
  [`sha256-${HEX}.sbom`, true],
  [`sha256-${HEX}.other`, false],
  [`sha256-${HEX.slice(1)}.sig`, false],
  [`v-sha256-${HEX}`, false],
  ['v1', false],
])('%s is about a digest: %s; no rule brings it then', (tag, isAttached) => {
  expect(subjectOfTag(tag)).toBe(isAttached ? `sha256:${HEX}` : null);
  expect(brings(rule(), 'shop/web', tag)).toBe(!isAttached);
});
