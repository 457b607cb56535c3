import type { IncomingMessage } from 'node:http';
import { Refusal } from '../master/refusal.ts';

/** A user of HTTP Basic. One that may only read is told 403 where it wants to change something. */
export interface Credential {
  user: string;
  password: string;
  readOnly: boolean;
}

/** Who asks. Without credentials everybody may do everything. @throws Refusal with a challenge */
export function authenticate(
  request: IncomingMessage,
  credentials: Credential[],
  realm: 'mesos-master-readonly' | 'mesos-master-readwrite',
): { readOnly: boolean } {
  if (credentials.length === 0) return { readOnly: false };
  const [scheme, encoded = '', ...more] = (request.headers.authorization ?? '').split(' ');
  const [user, password, ...rest] = Buffer.from(encoded, 'base64').toString().split(':');
  const known = credentials.find((one) => one.user === user && one.password === password);
  if (scheme === 'Basic' && more.length === 0 && rest.length === 0 && known !== undefined) return known;
  throw new Refusal(401, '401 Unauthorized.', { 'www-authenticate': `Basic realm="${realm}"` });
}
