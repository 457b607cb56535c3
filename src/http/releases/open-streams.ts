import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OperationRow } from '../../catalogue/types.ts';
import { isTerminal } from '../../domain/states.ts';
import type { ApiContext } from '../context.ts';
import { streamEvents } from './stream.ts';

/** Milliseconds after which a client of server-sent events connects again. */
const RECONNECT_MS = 1_000;

/** The event streams that are open. */
export class OpenStreams {
  readonly #open = new Set<AbortController>();

  /** Ends all: an open stream must not hold a shutdown up. Clients connect again, to whoever listens then. */
  end(): void {
    for (const controller of this.#open) controller.abort();
  }

  /** Answers with server-sent events; 204 where the release has ended and nothing is left, which tells clients to stop. */
  async answer(
    context: ApiContext,
    release: OperationRow,
    after: number,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    if (isTerminal(release.state) && (await context.catalogue.events.list(release.id, after, 1)).length === 0) {
      return reply.code(204).send();
    }
    const controller = new AbortController();
    this.#open.add(controller);
    reply.hijack();
    const { raw } = reply;
    raw.on('close', () => controller.abort());
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Proxies of the nginx family hold answers back otherwise.
      'x-accel-buffering': 'no',
      // The connection is not kept: a shutdown would wait for it.
      connection: 'close',
    });
    raw.write(`retry: ${RECONNECT_MS}\n\n`);
    try {
      await streamEvents(context, release.id, after, raw, controller.signal);
    } catch (error) {
      request.log.error({ err: error }, 'event stream broke off');
    } finally {
      this.#open.delete(controller);
      raw.end();
    }
    return reply;
  }
}
