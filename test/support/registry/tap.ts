import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** A request that went through a tap, as far as it got. */
export interface Tapped {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingMessage['headers'];
  /** Bytes of its body that were passed on. */
  sent: number;
  /** Null: there was no answer. */
  status: number | null;
  /** Bytes of the answer's body. */
  received: number;
}

/** A proxy before a registry that says what went through it. */
export class Tap {
  readonly calls: Tapped[] = [];
  /** Called before each piece of a request's body is passed on; where it fails the connection is cut. */
  onPiece: ((call: Tapped) => Promise<void>) | null = null;
  readonly #target: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server = createServer((incoming, outgoing) => void this.#pass(incoming, outgoing));

  constructor({ url }: { url: string }) {
    this.#target = url;
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Those whose method and path match. */
  of(pattern: RegExp): Tapped[] {
    return this.calls.filter(({ method, path }) => pattern.test(`${method} ${path}`));
  }

  stop(): void {
    this.#server.close().closeAllConnections();
    this.#agent.destroy();
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = incoming;
    const call: Tapped = { method, path: url, headers, sent: 0, status: null, received: 0 };
    this.calls.push(call);
    // The header Host stays as it is: the registry makes its Location of it.
    const upstream = request(new URL(url, this.#target), { method, headers, agent: this.#agent });
    const cut = (): void => {
      upstream.destroy();
      outgoing.destroy();
    };
    for (const side of [outgoing, upstream]) side.on('error', cut);
    outgoing.on('close', () => upstream.destroy());
    upstream.on('response', (answer) => {
      call.status = answer.statusCode ?? null;
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', cut);
      answer.on('data', (piece: Buffer) => (call.received += piece.length));
      answer.pipe(outgoing);
    });
    const watched = async function* (this: Tap): AsyncGenerator<Buffer> {
      for await (const piece of incoming as AsyncIterable<Buffer>) {
        await this.onPiece?.(call);
        call.sent += piece.length;
        yield piece;
      }
    };
    await pipeline(watched.call(this), upstream).catch(cut);
  }
}
