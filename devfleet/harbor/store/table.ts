/** Rows by key. Every change is told, so that it can be kept. */
export class Table<Row> {
  readonly #rows = new Map<string, Row>();
  readonly #keyOf: (row: Row) => string;
  readonly #changed: (key: string, row: Row | null) => void;

  /** @param changed called for each change that was not loaded; `null`: the row is gone */
  constructor(keyOf: (row: Row) => string, changed: (key: string, row: Row | null) => void) {
    this.#keyOf = keyOf;
    this.#changed = changed;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  all(): Row[] {
    return [...this.#rows.values()];
  }

  where(wanted: (row: Row) => boolean): Row[] {
    return this.all().filter(wanted);
  }

  find(wanted: (row: Row) => boolean): Row | undefined {
    for (const row of this.#rows.values()) if (wanted(row)) return row;
    return undefined;
  }

  /** Adds the row, or takes it in place of the one with its key. */
  put(row: Row): void {
    const key = this.#keyOf(row);
    this.#rows.set(key, row);
    this.#changed(key, row);
  }

  delete(row: Row): void {
    const key = this.#keyOf(row);
    if (this.#rows.delete(key)) this.#changed(key, null);
  }

  /** What was kept of an earlier run: nobody is told. */
  load(key: string, row: Row | null): void {
    if (row === null) this.#rows.delete(key);
    else this.#rows.set(key, row);
  }

  entries(): [string, Row][] {
    return [...this.#rows];
  }
}
