import type { IncomingMessage } from 'node:http';
import type { MarathonOptions } from '../options.ts';

/** `--http_realm`. */
export const REALM = 'Mesosphere';

/** HTTP Basic, for every URL. */
export function isAuthenticated({ headers }: IncomingMessage, credentials: MarathonOptions['credentials']): boolean {
  if (credentials === undefined) return true;
  const [scheme = '', token = ''] = (headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() !== 'basic') return false;
  return Buffer.from(token, 'base64').toString('utf8') === `${credentials.user}:${credentials.password}`;
}
