import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { type CatalogueAddress, queryError, unreachable } from './connection.ts';

/** Seconds that PostgreSQL may work on one statement. */
export const STATEMENT_SECONDS = 10;

/**
 * Connections for kysely. Lost ones are replaced at the next query and never take the process down; errors of the
 * connection come out as CATALOGUE_UNREACHABLE.
 * @param statementSeconds 0 for no limit (migrations)
 */
export function createPool({ config, label }: CatalogueAddress, size: number, statementSeconds: number): PostgresPool {
  const pool = new pg.Pool({
    ...config,
    max: size,
    statement_timeout: statementSeconds * 1000,
    idle_in_transaction_session_timeout: 30_000,
    // The server ends a slow statement by itself; this ends the wait for a server that fell silent.
    ...(statementSeconds > 0 ? { query_timeout: (statementSeconds + 2) * 1000 } : {}),
  });
  // An idle connection that breaks is an event of the pool; one in use, of its client. Both show at the next query.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));

  return {
    async connect() {
      try {
        return guard(await pool.connect(), label);
      } catch (error) {
        throw unreachable(label, error);
      }
    },
    end: () => pool.end(),
  };
}

/** A connection that failed is thrown away at release: after a timeout the lost query still occupies it. */
function guard(client: pg.PoolClient, label: string): PostgresPoolClient {
  let lost = false;
  const query = async (text: string, values: readonly unknown[]): Promise<pg.QueryResult> => {
    try {
      return await client.query(text, [...values]);
    } catch (error) {
      const mapped = queryError(label, error);
      lost ||= mapped !== error;
      throw mapped;
    }
  };
  // kysely's other overload is for cursors, which it uses only when it is given a cursor class.
  return { query: query as unknown as PostgresPoolClient['query'], release: () => client.release(lost) };
}
