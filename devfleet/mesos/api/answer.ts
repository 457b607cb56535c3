import type { ServerResponse } from 'node:http';
import { Refusal } from '../master/refusal.ts';

export function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Done, and nothing to say. */
export function sendNothing(response: ServerResponse, status = 200): void {
  response.writeHead(status, { 'content-length': 0 }).end();
}

/** In plain text, as libprocess sends what is no JSON. */
export function sendRefusal(response: ServerResponse, { status, message, headers }: Refusal): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(message);
}

/** 405 with the text of libprocess (process/http.hpp). */
export function methodNotAllowed(allowed: string[], method: string): Refusal {
  const text = `405 Method Not Allowed. Expecting one of { '${allowed.join("', '")}' }, but received '${method}'.`;
  return new Refusal(405, text, { allow: allowed.join(', ') });
}

export function notFound(): Refusal {
  return new Refusal(404, '404 Not Found.');
}

export function forbidden(): Refusal {
  return new Refusal(403, '403 Forbidden.');
}

/** process/http.hpp, Request::acceptsMediaType: no header takes everything. */
export function accepts(header: string | undefined, mediaType: string): boolean {
  if (header === undefined) return true;
  const [main = ''] = mediaType.split('/');
  const types = header.replaceAll(/\s/g, '').toLowerCase().split(',');
  return [mediaType, `${main}/*`, '*/*'].some((candidate) =>
    types.some((type) => {
      const [name, ...parameters] = type.split(';');
      return name === candidate && !parameters.some((one) => /^q=0(\.0*)?$/.test(one));
    }),
  );
}
