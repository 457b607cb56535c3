import { once } from 'node:events';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { errorPage } from './error-page.ts';

const VIA = 'x-marathon-via';
const NOT_FORWARDED = new Set(['connection', 'host', 'content-length', 'transfer-encoding']);

/**
 * Asks the leader in the client's stead (AsyncUrlConnectionRequestForwarder.scala). Resolves when the answer is through.
 * A body of unknown length (chunked) does not come along: Marathon forwards an empty one.
 */
export async function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  leader: string,
  self: string,
): Promise<void> {
  const path = incoming.url ?? '/';
  const via = `1.1 ${self}`;
  if (
    String(incoming.headers[VIA] ?? '')
      .split(', ')
      .includes(via)
  ) {
    errorPage(response, 502, 'Detected proxying loop.', path);
    return;
  }
  const body = await bodyOf(incoming);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined && !NOT_FORWARDED.has(name)) headers[name] = value;
  }
  headers[VIA] = [incoming.headers[VIA] ?? [], via].flat();
  const from = incoming.socket.remoteAddress ?? '';
  headers['x-forwarded-for'] = [incoming.headers['x-forwarded-for'] ?? [], from].flat().join(',');
  if (body.length > 0) headers['content-length'] = String(body.length);

  const [host, port] = leader.split(':');
  const outgoing = request({ host, port, path, method: incoming.method, headers, agent: false });
  response.on('close', () => outgoing.destroy());
  // A leader that goes while it answers: only a broken connection can tell the client.
  outgoing.on('error', () => {
    if (response.headersSent) response.destroy();
  });
  outgoing.end(body);
  try {
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    answer.headers[VIA] = via;
    delete answer.headers.connection;
    delete answer.headers['keep-alive'];
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.on('error', () => response.destroy());
    answer.pipe(response);
    await once(response, 'close');
  } catch {
    if (!response.headersSent && !response.destroyed) errorPage(response, 502, 'Connection to leader refused.', path);
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return 'content-length' in incoming.headers ? Buffer.concat(chunks) : Buffer.alloc(0);
}
