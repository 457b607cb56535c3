import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { startPostgres as startPart } from '../../devfleet/parts/postgres.ts';
import { portsOf } from '../../devfleet/ports.ts';
import { Supervisor } from '../../devfleet/supervision/supervisor.ts';

export interface TestPostgres {
  /** Makes an empty database; its URL. */
  database(name: string): Promise<string>;
  /** Ends the server at once, as a crash does: what was not committed is lost. */
  stop(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  dispose(): Promise<void>;
}

/**
 * A real PostgreSQL of its own, in a temporary folder, that ends with this process however that ends. It trusts whoever
 * connects: no password is looked at.
 * @param options.durable true: a commit is on the disk before it is answered, as in production (benches); default false
 */
export async function startPostgres(options: { durable?: boolean } = {}): Promise<TestPostgres> {
  const folder = await mkdtemp(path.join(tmpdir(), 'transship-pg-'));
  await chmod(folder, 0o755); // PostgreSQL may have to run as another user
  // The octet claims a block of ports, so that the port is still free when the server is started again.
  const supervisor = await Supervisor.start(folder, 1, () => undefined);
  const { part, port } = await startPart(supervisor, portsOf(supervisor.octets[0] ?? 0)).catch(
    async (error: unknown) => {
      await supervisor.stop();
      throw error;
    },
  );
  if (options.durable === true) {
    await part.kill();
    part.spec.args.push('-c', 'fsync=on', '-c', 'full_page_writes=on'); // the last one counts
    await part.start();
  }

  const urlOf = (database: string): string => `postgres://transship:transship@127.0.0.1:${port}/${database}`;
  return {
    async database(name) {
      await query(urlOf('postgres'), `CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    stop: () => part.kill(),
    start: () => part.start(),
    dispose: () => supervisor.stop(),
  };
}

/** Runs SQL on a connection of its own, as an operator with psql would. */
export async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}
