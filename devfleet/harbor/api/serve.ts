import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { basicCaller } from '../access/caller.ts';
import type { Harbor } from '../harbor.ts';
import { Refusal } from '../refusal.ts';
import { artifactRoutes } from './artifacts.ts';
import type { ApiAnswer, ApiHandler, ApiRoutes } from './call.ts';
import { immutableRoutes } from './immutable.ts';
import { projectRoutes } from './projects.ts';
import { quotaRoutes } from './quotas.ts';
import { replicationRoutes } from './replication.ts';
import { repositoryRoutes } from './repositories.ts';
import { robotRoutes } from './robots.ts';
import { systemRoutes } from './system.ts';
import { userRoutes } from './users.ts';
import { webhookRoutes } from './webhooks.ts';

const BASE = '/api/v2.0';

interface Route {
  method: string;
  parts: string[];
  handle: ApiHandler;
}

const ROUTES: Route[] = [
  systemRoutes,
  projectRoutes,
  repositoryRoutes,
  artifactRoutes,
  robotRoutes,
  userRoutes,
  webhookRoutes,
  immutableRoutes,
  quotaRoutes,
  replicationRoutes,
].flatMap((routes: ApiRoutes) =>
  Object.entries(routes).map(([route, handle]) => {
    const [method = '', pattern = ''] = route.split(' ');
    return { method, parts: pattern.split('/'), handle };
  }),
);

/** Serves one call of Harbor's own API. @throws Refusal */
export async function serveApi(harbor: Harbor, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? '';
  const url = new URL(request.url ?? '/', 'http://harbor');
  const path = decoded(url.pathname);
  const sent = await text(request);
  if (harbor.readOnly && !['GET', 'HEAD', 'OPTIONS'].includes(method))
    throw new Refusal('DENIED', 'The system is in read only mode. Any modification is prohibited.');
  const fitting = ROUTES.flatMap((route) => {
    const params = match(
      route.parts,
      path
        .slice(BASE.length)
        .replace(/(?<=.)\/$/, '')
        .split('/'),
    );
    return params === null ? [] : [{ route, params }];
  });
  const found = fitting.find(({ route }) => route.method === method);
  if (found === undefined)
    throw unknown(
      method,
      path,
      fitting.map(({ route }) => route.method),
    );
  const caller = basicCaller(harbor, request.headers);
  const { headers } = request;
  const call = { harbor, caller, path, params: found.params, query: url.searchParams, headers, body: parsed(sent) };
  send(response, found.route.handle(call));
}

function send(response: ServerResponse, { status = 200, headers = {}, body }: ApiAnswer): void {
  if (body === undefined) response.writeHead(status, { 'content-length': 0, ...headers }).end();
  else if (typeof body === 'string') response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);
  else response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(`${JSON.stringify(body)}\n`);
}

function match(parts: string[], path: string[]): Record<string, string> | null {
  if (parts.length !== path.length) return null;
  const params: Record<string, string> = {};
  for (const [at, part] of parts.entries()) {
    const given = path[at] ?? '';
    if (part.startsWith(':') && given !== '') params[part.slice(1)] = given;
    else if (part !== given) return null;
  }
  return params;
}

/** go-swagger's texts. */
function unknown(method: string, path: string, allowed: string[]): Refusal {
  if (allowed.length === 0) return new Refusal('NOT_FOUND', `path ${path} was not found`);
  return new Refusal('METHOD_NOT_ALLOWED', `method ${method} is not allowed, but [${allowed.join(',')}] are`);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal('BAD_REQUEST', `invalid URL escape in ${path}`);
  }
}

function parsed(sent: string): unknown {
  if (sent === '') return undefined;
  try {
    return JSON.parse(sent);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal('BAD_REQUEST', `parsing body from "" failed, because ${why}`);
  }
}
