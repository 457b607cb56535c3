import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { brake } from '../../src/domain/brake.ts';
import { planBatches } from '../../src/domain/plan.ts';

const page = readFileSync(new URL('../../docs/concepts.md', import.meta.url), 'utf8');

/** Cells of the brake's table, one row for each size. */
const rows = page.split('\n').flatMap((line) => {
  const cells = line.split('|').map((cell) => cell.trim());
  return /^\d+$/.test(cells[1] ?? '') ? [cells.slice(1, -1)] : [];
});

test('the table of the brake is there for the sizes that people ask about', () => {
  expect(rows.map(([desired]) => Number(desired))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 40]);
});

test.each(rows)('the table says what the code does for %s instances', (desired, ...cells) => {
  const size = Number(desired);
  const members = Array.from({ length: size }, (_, index) => ({
    serving: true,
    instance: {
      index,
      name: `web-${index}`,
      member: `shop-web-az-${index % 4}-${index}`,
      azSet: {
        idc: 'north',
        az: `az-${index % 4}`,
        cluster: 'north-1',
        namespace: 'pro',
        name: `shop-web-az-${index % 4}`,
      },
    },
  }));
  const expected = [25, 50].flatMap((batchPercent) => [
    planBatches(members, { batchPercent })
      .batches.map((batch) => batch.members.length)
      .join(' + '),
    String(brake({ desired: size, batchPercent, serving: size, taken: 1 }).floor),
  ]);
  expect(cells).toEqual(expected);
});
