import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';

// Faults of an HTTP server, by number of the call. For any server of node:http, and so for Fastify (`serverFactory`).

const milliseconds = z.number().min(0);

const mishapSchema = z.discriminatedUnion('kind', [
  /** It is done, and the connection breaks instead of an answer. */
  z.strictObject({ kind: z.literal('lose-answer') }),
  /** It is done twice, as when a proxy tries again; the second answer is the one that comes. */
  z.strictObject({ kind: z.literal('duplicate') }),
  /** It is done only after `ms`. */
  z.strictObject({ kind: z.literal('delay'), ms: milliseconds }),
  /** It is done at once, and the answer comes after `ms`: after the caller's deadline. */
  z.strictObject({ kind: z.literal('answer-late'), ms: milliseconds }),
  /** It is not done: this answer comes instead. Default: 503 without a body. */
  z.strictObject({
    kind: z.literal('refuse'),
    status: z.int().min(400).max(599).default(503),
    body: z.string().default(''),
    contentType: z.string().default('text/plain; charset=utf-8'),
  }),
  /** A stream breaks off after so many writes of it. */
  z.strictObject({ kind: z.literal('close-stream'), writes: z.int().min(1).default(1) }),
]);

const armSchema = z.strictObject({
  /** It befalls the call of this number of those that match, counted from now; 1: the next. */
  call: z.int().min(1).default(1),
  /** Default: any. */
  method: z.string().optional(),
  /** Regular expression on path and query. */
  path: z.string(),
  /** Regular expression on the body: what tells calls apart that share a path. Default: any body. */
  body: z.string().optional(),
  mishap: mishapSchema,
});

export type Mishap = z.output<typeof mishapSchema>;
export type ArmedMishap = z.input<typeof armSchema>;

interface Armed {
  id: number;
  rule: z.output<typeof armSchema>;
  path: RegExp;
  body: RegExp | null;
  seen: number;
  done: boolean;
}

/** Armed mishaps, and the layer around a server that makes them happen. */
export class Mishaps {
  readonly #armed: Armed[] = [];
  readonly #open = new Set<ServerResponse>();

  /** @throws ZodError, SyntaxError (regular expression) @returns number by which `list` shows it */
  arm(input: ArmedMishap): number {
    const rule = armSchema.parse(input);
    const id = this.#armed.length + 1;
    const body = rule.body === undefined ? null : new RegExp(rule.body);
    this.#armed.push({ id, rule, path: new RegExp(rule.path), body, seen: 0, done: false });
    return id;
  }

  /** What was armed, how many calls matched, and what has happened. */
  list(): (z.output<typeof armSchema> & { id: number; seen: number; done: boolean })[] {
    return this.#armed.map(({ id, rule, seen, done }) => ({ id, ...rule, seen, done }));
  }

  /** Takes back all that has not happened. */
  disarm(): void {
    for (const one of this.#armed) one.done = true;
  }

  /** Breaks the answers under way to calls whose path matches: open streams, above all. @returns how many */
  break(path: RegExp): number {
    const matching = [...this.#open].filter(({ req }) => path.test(req.url ?? ''));
    for (const { socket } of matching) socket?.destroy();
    return matching.length;
  }

  /** The server's handler, with mishaps. */
  around(handle: RequestListener): RequestListener {
    return (request, response) => {
      this.#open.add(response);
      response.on('close', () => this.#open.delete(response));
      const concerned = this.#armed.filter(
        ({ done, rule, path }) =>
          !done && (rule.method ?? request.method) === request.method && path.test(request.url ?? ''),
      );
      if (concerned.length === 0) handle(request, response);
      else void this.#befall(concerned, handle, request, response).catch(() => response.destroy());
    };
  }

  async #befall(
    concerned: Armed[],
    handle: RequestListener,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await buffer(request);
    let mishap: Mishap | null = null;
    for (const armed of concerned) {
      if (armed.done || !(armed.body?.test(body.toString()) ?? true)) continue;
      armed.seen++;
      if (armed.seen < armed.rule.call || mishap !== null) continue;
      armed.done = true;
      mishap = armed.rule.mishap;
    }
    const again = (): IncomingMessage => replay(request, body);
    switch (mishap?.kind) {
      case 'refuse':
        response.writeHead(mishap.status, mishap.body === '' ? {} : { 'content-type': mishap.contentType });
        response.end(mishap.body);
        return;
      case 'duplicate':
        await swallowed(handle, again());
        break;
      case 'delay':
        await after(mishap.ms);
        break;
      case 'lose-answer':
        onEnd(response, () => response.socket?.destroy());
        break;
      case 'answer-late':
        holdBack(response, mishap.ms);
        break;
      case 'close-stream':
        breakAfter(response, mishap.writes);
        break;
      case undefined:
    }
    handle(again(), response);
  }
}

/** `POST` arms, `GET` lists, `DELETE` disarms; `POST /break {"path"}` breaks open answers. A plugin for an admin server. */
export function mishapRoutes(mishaps: Mishaps): FastifyPluginAsync {
  const breakSchema = z.strictObject({ path: z.string() });
  return async (app) => {
    app.post('/mishaps', (request, reply) =>
      reply.status(201).send({ id: mishaps.arm(armSchema.parse(request.body)) }),
    );
    app.get('/mishaps', () => mishaps.list());
    app.delete('/mishaps', (_request, reply) => {
      mishaps.disarm();
      return reply.status(204).send();
    });
    app.post('/break', (request) => ({ broken: mishaps.break(new RegExp(breakSchema.parse(request.body).path)) }));
  };
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The same request once more, with its body unread. */
function replay(request: IncomingMessage, body: Buffer): IncomingMessage {
  const copy = new IncomingMessage(request.socket);
  const { method, url, httpVersion, httpVersionMajor, httpVersionMinor, rawHeaders, headers } = request;
  // Node makes `headers` of `rawHeaders` for messages alone that its own parser read.
  Object.assign(copy, {
    method,
    url,
    httpVersion,
    httpVersionMajor,
    httpVersionMinor,
    rawHeaders,
    headers,
    complete: true,
  });
  copy.push(body);
  copy.push(null);
  return copy;
}

/** Lets the server handle the request, and drops the answer. Resolves when there is one. */
async function swallowed(handle: RequestListener, request: IncomingMessage): Promise<void> {
  const nobody = new ServerResponse(request);
  await new Promise<void>((resolve) => {
    onEnd(nobody, resolve);
    handle(request, nobody);
  });
}

/** Nothing is sent; `act` is called when the answer is complete. */
function onEnd(response: ServerResponse, act: () => void): void {
  response.write = () => true;
  response.end = () => {
    act();
    return response;
  };
}

/** What the server says from now on goes out `ms` later. */
function holdBack(response: ServerResponse, ms: number): void {
  const write = response.write.bind(response) as (...chunk: unknown[]) => boolean;
  const end = response.end.bind(response) as (...chunk: unknown[]) => ServerResponse;
  response.write = (...chunk: unknown[]) => {
    setTimeout(() => write(...chunk), ms);
    return true;
  };
  response.end = (...chunk: unknown[]) => {
    setTimeout(() => end(...chunk), ms);
    return response;
  };
}

function breakAfter(response: ServerResponse, writes: number): void {
  const write = response.write.bind(response) as (...chunk: unknown[]) => boolean;
  let left = writes;
  response.write = (...chunk: unknown[]) => {
    if (left <= 0) return true;
    left--;
    const result = write(...chunk);
    if (left === 0) setImmediate(() => response.socket?.destroySoon());
    return result;
  };
}
