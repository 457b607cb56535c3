import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Journal } from '../../devfleet/host/journal.ts';

describe('journal of the sim hosts', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'journal-'));
    file = join(folder, 'journal.ndjson');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('numbers go on in the next process', () => {
    const first = new Journal(file);
    first.append({ kind: 'hosts-started', idc: 'north' });
    first.append({ kind: 'hosts-started', idc: 'north' });
    first.close();
    const second = new Journal(file);
    second.append({ kind: 'hosts-started', idc: 'south' });
    expect(second.after(0).map(({ n }) => n)).toEqual([1, 2, 3]);
    expect(second.after(2)).toMatchObject([{ n: 3, idc: 'south' }]);
    expect(second.after(3)).toEqual([]);
    second.close();
  });

  test('an entry is on file when append returns', () => {
    const journal = new Journal(file);
    const entry = journal.append({ kind: 'hosts-started', idc: 'north' });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(entry);
    journal.close();
  });

  test('half a line, left by a machine that died, is dropped', () => {
    const first = new Journal(file);
    first.append({ kind: 'hosts-started', idc: 'north' });
    first.close();
    appendFileSync(file, '{"n":2,"kind":"hosts-st');
    const second = new Journal(file);
    second.append({ kind: 'hosts-started', idc: 'south' });
    second.close();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual([1, 2]);
  });

  test('without a file it is kept in memory', () => {
    const journal = new Journal();
    journal.append({ kind: 'hosts-started', idc: 'north' });
    expect(journal.after(0)).toHaveLength(1);
    journal.close();
  });
});
