import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { RoutingTable } from './table.ts';

/** What tests ask the front door: `GET /journal?after=N` and `GET /endpoints?service=<namespace>/<name>`. */
export function createAdmin(table: RoutingTable): Server {
  return createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://front.door');
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (pathname === '/journal') {
      answer(200, table.journal(Number(searchParams.get('after') ?? 0)));
    } else if (pathname === '/endpoints') {
      answer(200, table.endpoints(searchParams.get('service') ?? ''));
    } else {
      answer(404, { error: 'ask for /journal?after=N or /endpoints?service=namespace/name' });
    }
  });
}
