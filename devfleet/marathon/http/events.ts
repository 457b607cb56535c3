import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { EventStream } from '../events/stream.ts';
import type { Leader } from '../leader.ts';
import type { Self } from './system.ts';
import { errorPage } from './error-page.ts';

/**
 * GET /v2/events, at the leader. Resolves when the stream has ended: the reader left, or was too slow, or the leader is
 * the leader no more.
 */
export async function serveEvents(
  request: IncomingMessage,
  response: ServerResponse,
  leader: Leader,
  { options, clocks }: Self,
): Promise<void> {
  // One header that says exactly this: `text/event-stream, */*` is none (Jetty's EventSourceServlet.doGet).
  const accepts = request.rawHeaders.some((name, index) => {
    return index % 2 === 0 && name.toLowerCase() === 'accept' && request.rawHeaders[index + 1] === 'text/event-stream';
  });
  if (!accepts || request.method !== 'GET') {
    const method = request.method ?? 'GET';
    errorPage(response, 405, `HTTP method ${method} is not supported by this URL`, '/v2/events');
    return;
  }
  const url = new URL(request.url ?? '/', 'http://marathon');
  const remoteAddress = request.socket.remoteAddress ?? '';
  response.writeHead(200, { 'Content-Type': 'text/event-stream;charset=utf-8', Connection: 'close' });
  response.flushHeaders();

  const sink = {
    write: (text: string) => response.write(text),
    drained: (act: () => void) => response.once('drain', act),
    close: () => response.destroy(),
  };
  const types = new Set(url.searchParams.getAll('event_type'));
  const stream = new EventStream(sink, types, options.maxOutstandingEvents ?? 1024);
  const unsubscribe = leader.bus.subscribe((event) => stream.send(event));
  const beat = setInterval(() => stream.heartbeat(), clocks.heartbeat);
  const close = () => stream.close();
  leader.ended.addEventListener('abort', close, { once: true });
  // Its own first event goes to it as to all others; a filter leaves it out.
  leader.bus.publish('event_stream_attached', { remoteAddress });
  if (!response.closed) await once(response, 'close');
  clearInterval(beat);
  leader.ended.removeEventListener('abort', close);
  unsubscribe();
  leader.bus.publish('event_stream_detached', { remoteAddress });
}
