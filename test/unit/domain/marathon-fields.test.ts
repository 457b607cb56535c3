import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatPath } from '../../../src/domain/input/fault.ts';
import { FIELDS, fieldOf, isKnownField, outcomesOf } from '../../../src/domain/marathon/fields.ts';
import { leavesOf } from '../../../src/domain/marathon/ledger.ts';
import { REASONS } from '../../../src/domain/marathon/reasons.ts';
import { CORPUS } from './marathon-corpus.ts';
import { translate } from './marathon-fixtures.ts';

/** `field: reason` for every leaf of the corpus that has a value of its kind. */
const seen = new Set(
  CORPUS.flatMap((app) => {
    const { findings } = translate(app);
    return leavesOf(app).flatMap(({ path }) => {
      const finding = findings.find(({ covers }) => covers.includes(formatPath(path)));
      if (finding === undefined || ['empty', 'malformed'].includes(finding.reason)) return [];
      return [`${fieldOf(path)?.field ?? formatPath(path)}: ${finding.reason}`];
    });
  }),
);
const said = FIELDS.flatMap(({ field, reasons }) => reasons.map((reason) => `${field}: ${reason}`));

test('the table says all that becomes of fields, and nothing else', () => {
  expect([...seen].sort()).toEqual(said.sort());
});

test('every reason is one that a field, a group or what is missing can have', () => {
  const elsewhere = ['empty', 'malformed', 'unknown', 'pod', 'environment', 'placement'];
  const used = new Set([...FIELDS.flatMap(({ reasons }) => reasons as string[]), ...elsewhere]);
  expect(Object.keys(REASONS).filter((reason) => !used.has(reason))).toEqual([]);
});

test('fields are known with what holds them, and no others', () => {
  expect(isKnownField(['container', 'docker'])).toBe(true);
  expect(isKnownField(['labels', 'whatever'])).toBe(true);
  expect(isKnownField(['tasks', 0, 'ports', 1])).toBe(true);
  expect(isKnownField(['args'])).toBe(true);
  expect(isKnownField(['args', 'x'])).toBe(false);
  expect(isKnownField(['container', 'docker', 'requirePorts'])).toBe(false);
  expect(isKnownField(['labels', 'whatever', 'more'])).toBe(false);
});

test('docs/importing.md has this table', () => {
  const page = readFileSync(new URL('../../../docs/importing.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  expect(cells).toEqual(FIELDS.map((row) => [`\`${row.field}\``, outcomesOf(row).join(', '), row.becomes]));
});
