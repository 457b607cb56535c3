import { expect, test } from 'vitest';
import { parseWait, waitText } from '../../../src/domain/wait.ts';

const since = '2026-01-01T12:00:00.000Z';
const until = '2026-01-02T12:00:00.000Z';

test.each(['waits for "bake": web-0 runs v2', 'waits for a decision: one; two, since when\nand why', ''])(
  'a line about "%s" is read as it was written',
  (reason) => {
    const line = { reason, since, until, who: 'whoever may release this app' };
    expect(parseWait(waitText(line))).toEqual(line);
  },
);

test('another text is no such line', () => {
  expect(parseWait('')).toBeNull();
  expect(parseWait('waits for a decision')).toBeNull();
});
