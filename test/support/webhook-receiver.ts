import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What somebody sent to a receiver. */
interface Received {
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

/** An HTTP server that webhooks go to. */
export class Receiver {
  readonly received: Received[] = [];
  /** How it answers each, in order; after the last: 200. `hang`: not at all. */
  readonly answers: (number | 'hang')[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((incoming, response) => {
      void text(incoming).then((body) => {
        this.received.push({ headers: incoming.headers, body: JSON.parse(body) as Record<string, unknown> });
        const answer = this.answers.shift() ?? 200;
        if (answer !== 'hang') response.writeHead(answer).end();
      });
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
