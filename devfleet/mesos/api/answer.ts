import type { ServerResponse } from 'node:http';

/** Plain text, as libprocess sends what is no JSON. */
export function sendText(response: ServerResponse, status: number, text: string, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(text);
}

/** @param status default 200 */
export function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Done, and nothing to say. */
export function sendNothing(response: ServerResponse, status = 200): void {
  response.writeHead(status, { 'content-length': 0 }).end();
}

/** 405 with the text of libprocess (process/http.hpp). */
export function refuseMethod(response: ServerResponse, allowed: string[], method: string): void {
  const text = `405 Method Not Allowed. Expecting one of { '${allowed.join("', '")}' }, but received '${method}'.`;
  sendText(response, 405, text, { allow: allowed.join(', ') });
}
