import { isIPv4, isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { TransshipError } from '../domain/errors.ts';

export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (isIPv4(bare)) return bare.startsWith('127.');
  if (isIPv6(bare)) return bare === '::1';
  return bare === 'localhost';
}

/**
 * `host:port` of a listen setting; port 0 takes a free one. Without authentication only loopback is allowed.
 * @throws TransshipError FLEET_INVALID
 */
export function listenAddress(listen: string, options: { authenticated: boolean }): { host: string; port: number } {
  const [, host, digits] = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/.exec(listen) ?? [];
  const port = Number(digits);
  const place = (message: string, hint: string) => ({ places: [{ path: 'api.listen', message, hint }] });
  if (host === undefined || port > 65_535) {
    const message = `${JSON.stringify(listen)} is no address to listen on`;
    throw new TransshipError(
      'FLEET_INVALID',
      `api.listen: ${message}`,
      place(message, 'host:port, e.g. 127.0.0.1:8080'),
    );
  }
  if (!options.authenticated && !isLoopback(host)) {
    const message = `${listen} is not a loopback address, and no authentication is configured: anybody could release`;
    const hint = 'listen on 127.0.0.1, and reach it through an ssh tunnel or a proxy that authenticates';
    throw new TransshipError('FLEET_INVALID', `api.listen: ${message}`, place(message, hint));
  }
  return { host: host.replace(/^\[|\]$/g, ''), port };
}

/**
 * Keeps web pages of other sites away from an API that trusts its callers: a page may send requests to loopback from a
 * browser on this machine, by its own origin or by a name that it lets point here (DNS rebinding).
 * @throws TransshipError HOST_REFUSED
 */
export async function refuseForeignPages({ headers, hostname }: FastifyRequest): Promise<void> {
  if (!isLoopback(hostname)) {
    throw new TransshipError(
      'HOST_REFUSED',
      `the request is for host ${JSON.stringify(hostname)}, which is not loopback`,
    );
  }
  const { origin } = headers;
  if (origin !== undefined && !isLoopback(URL.parse(origin)?.hostname ?? '')) {
    throw new TransshipError('HOST_REFUSED', `the request comes from a page of ${JSON.stringify(origin)}`);
  }
}
