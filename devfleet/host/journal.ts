import { appendFileSync, closeSync, existsSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import type { JournalEntry, JournalEvent } from './types.ts';

/**
 * What the machines did, in order. The judge of fault tests: an entry is on file before the next line of code runs,
 * so that a SIGKILL of this process loses none.
 */
export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #file: number | null;

  /** @param path file to go on writing to; entries that it holds come first */
  constructor(path?: string) {
    if (path === undefined) {
      this.#file = null;
      return;
    }
    if (existsSync(path)) this.#entries.push(...readEntries(path));
    else appendFileSync(path, '');
    this.#file = openSync(path, 'a');
  }

  append(event: JournalEvent): JournalEntry {
    const entry: JournalEntry = {
      n: this.#entries.length + 1,
      at: new Date().toISOString(),
      ms: Number(process.hrtime.bigint() / 1000n) / 1000,
      ...event,
    };
    this.#entries.push(entry);
    if (this.#file !== null) writeSync(this.#file, `${JSON.stringify(entry)}\n`);
    return entry;
  }

  /** Entries numbered above `n`. */
  after(n: number): JournalEntry[] {
    return this.#entries.slice(Math.max(0, n));
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
  }
}

function readEntries(path: string): JournalEntry[] {
  const text = readFileSync(path, 'utf8');
  // A machine that died within a write leaves half a line: it is no entry, and must not glue to the next one.
  const whole = text.lastIndexOf('\n') + 1;
  if (whole < text.length) truncateSync(path, Buffer.byteLength(text.slice(0, whole)));
  return text
    .slice(0, whole)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JournalEntry);
}
