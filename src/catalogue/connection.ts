import pg from 'pg';
import { TransshipError } from '../domain/errors.ts';

/** Where the catalogue is. `label` (`host:port/database`) is for people and holds no password. */
export interface CatalogueAddress {
  config: pg.ClientConfig;
  label: string;
}

// SQLSTATE: connection exceptions, the server going down or starting, out of connections, statement timeout.
const UNREACHABLE_STATES = /^(08...|57P0[1-5]|53300|57014)$/;
const UNREACHABLE_MESSAGES =
  /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/;
const SYSTEM_CODES = /^E[A-Z_]+$/;

/** @throws FLEET_INVALID when the URL is none of PostgreSQL; the message does not repeat it, for it holds a password */
export function parseAddress(url: string): CatalogueAddress {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new TransshipError(
      'FLEET_INVALID',
      'catalogue.url is not of the form postgres://user:password@host:port/database',
    );
  }
  return {
    label: `${parsed.hostname}:${parsed.port === '' ? '5432' : parsed.port}${parsed.pathname}`,
    config: {
      connectionString: url,
      application_name: 'transship',
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      types,
    },
  };
}

/** What went wrong while connecting: whatever it is, the catalogue cannot be reached. */
export function unreachable(label: string, cause: unknown): TransshipError {
  return new TransshipError('CATALOGUE_UNREACHABLE', `PostgreSQL at ${label}: ${reasonOf(cause)}`, { cause });
}

/** CATALOGUE_UNREACHABLE for lost connections and servers that stop or do not answer; everything else as it is. */
export function queryError(label: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const lost = UNREACHABLE_STATES.test(code) || SYSTEM_CODES.test(code) || UNREACHABLE_MESSAGES.test(error.message);
  return lost ? unreachable(label, error) : error;
}

function reasonOf(error: unknown): string {
  // Several addresses of one name: node gives an AggregateError without a message.
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

// Times travel as ISO text everywhere in Transship; the client would make Dates of them.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => new Date(text).toISOString());
