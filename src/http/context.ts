import type { Catalogue } from '../catalogue/types.ts';
import type { Fleet } from '../domain/fleet.ts';
import type { PolicyOverride } from '../temporal/messages.ts';
import type { TemporalLink } from './temporal/link.ts';

/** What the routes work with. The API holds no cluster credential: clusters are asked through workers. */
export interface ApiContext {
  fleet: Fleet;
  catalogue: Catalogue;
  temporal: TemporalLink;
  log: Log;
  /** Timing of the releases it starts; see testPolicy. */
  policy?: PolicyOverride | undefined;
}

/** The part of a pino logger that is used outside of requests. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
