import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendText } from './answer.ts';

/** A user of HTTP Basic. One that may only read is told 403 where it wants to change something. */
export interface Credential {
  user: string;
  password: string;
  readOnly: boolean;
}

/** Who asks; or null, and the answer is given. Without credentials everybody may do everything. */
export function authenticate(
  request: IncomingMessage,
  response: ServerResponse,
  credentials: Credential[],
  realm: 'mesos-master-readonly' | 'mesos-master-readwrite',
): { readOnly: boolean } | null {
  if (credentials.length === 0) return { readOnly: false };
  const [scheme, encoded = '', ...more] = (request.headers.authorization ?? '').split(' ');
  const [user, password, ...rest] = Buffer.from(encoded, 'base64').toString().split(':');
  const known = credentials.find((one) => one.user === user && one.password === password);
  if (scheme === 'Basic' && more.length === 0 && rest.length === 0 && known !== undefined) return known;
  sendText(response, 401, '401 Unauthorized.', { 'www-authenticate': `Basic realm="${realm}"` });
  return null;
}
