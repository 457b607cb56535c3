import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type * as rows from './rows.ts';
import { Table } from './table.ts';

interface Line {
  table: string;
  key: string;
  row: unknown;
}

/**
 * Harbor's database: tables in memory, and a file of JSON lines, one for each change, so that a change that was answered is there after
 * whatever end of the process. At the start the file is written anew without what was overwritten.
 */
export class Store {
  readonly #tables = new Map<string, Table<unknown>>();
  readonly #file: string | null;

  readonly projects = this.#table<rows.Project>('projects', ({ name }) => name);
  readonly quotas = this.#table<rows.Quota>('quotas', ({ projectId }) => String(projectId));
  readonly repositories = this.#table<rows.Repository>('repositories', ({ name }) => name);
  readonly artifacts = this.#table<rows.Artifact>('artifacts', ({ repository, digest }) => `${repository}@${digest}`);
  readonly tags = this.#table<rows.Tag>('tags', ({ repositoryId, name }) => `${repositoryId}:${name}`);
  readonly accessories = this.#table<rows.Accessory>(
    'accessories',
    ({ artifactId, subjectDigest }) => `${artifactId}/${subjectDigest}`,
  );
  readonly blobs = this.#table<rows.Blob>('blobs', ({ digest }) => digest);
  readonly projectBlobs = this.#table<rows.ProjectBlob>(
    'projectBlobs',
    ({ projectId, digest }) => `${projectId}/${digest}`,
  );
  readonly robots = this.#table<rows.Robot>('robots', ({ name }) => name);
  readonly webhookPolicies = this.#table<rows.WebhookPolicy>('webhookPolicies', ({ id }) => String(id));
  readonly webhookJobs = this.#table<rows.WebhookJob>('webhookJobs', ({ id }) => String(id));
  readonly immutableRules = this.#table<rows.ImmutableRule>('immutableRules', ({ id }) => String(id));
  readonly registries = this.#table<rows.RemoteRegistry>('registries', ({ id }) => String(id));
  readonly replicationPolicies = this.#table<rows.ReplicationPolicy>('replicationPolicies', ({ id }) => String(id));
  /** The last id given out for each kind of row. */
  readonly #serials = this.#table<{ kind: string; last: number }>('serials', ({ kind }) => kind);
  readonly #secrets = this.#table<{ name: string; value: string }>('secrets', ({ name }) => name);

  /** @param file keeps it over a restart of the process; null: memory only */
  constructor(file: string | null) {
    this.#file = file;
    if (file === null) return;
    if (existsSync(file)) this.#load(readFileSync(file, 'utf8'));
    const kept = [...this.#tables].flatMap(([table, rowsOf]) =>
      rowsOf.entries().map(([key, row]) => ({ table, key, row })),
    );
    writeFileSync(`${file}.new`, kept.map(lineOf).join(''));
    renameSync(`${file}.new`, file);
  }

  /** An id that no row of this kind had. */
  nextId(kind: string): number {
    const last = (this.#serials.get(kind)?.last ?? 0) + 1;
    this.#serials.put({ kind, last });
    return last;
  }

  /** Random, made when it is first asked for. */
  secret(name: string): string {
    const known = this.#secrets.get(name);
    if (known !== undefined) return known.value;
    const value = randomBytes(32).toString('hex');
    this.#secrets.put({ name, value });
    return value;
  }

  #table<Row>(table: string, keyOf: (row: Row) => string): Table<Row> {
    const made = new Table<Row>(keyOf, (key, row) => {
      if (this.#file !== null) appendFileSync(this.#file, lineOf({ table, key, row }));
    });
    this.#tables.set(table, made as Table<unknown>);
    return made;
  }

  #load(text: string): void {
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const { table, key, row } = JSON.parse(line) as Line;
      this.#tables.get(table)?.load(key, row);
    }
  }
}

function lineOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}
