import Table from 'cli-table3';
import type { Terminal } from './terminal.ts';

/** Rows under headings, in columns, without lines. */
export function columns(terminal: Terminal, head: string[], rows: string[][]): string {
  const blank = Object.fromEntries(
    ['top', 'bottom', 'left', 'right', 'mid', 'middle'].flatMap((side) =>
      ['', '-mid', '-left', '-right'].map((part) => [`${side}${part}`, '']),
    ),
  );
  const table = new Table({
    head: head.map((text) => terminal.paint('bold', text)),
    chars: { ...blank, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  table.push(...rows);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
