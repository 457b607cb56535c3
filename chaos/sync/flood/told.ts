import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One event of a distribution registry (docs/content/about/notifications.md). */
export interface RegistryEvent {
  id: string;
  /** ISO time, by the registry's clock. */
  timestamp: string;
  action: string;
  target: { mediaType?: string; digest?: string; size?: number; repository?: string; tag?: string };
}

/** Where registries tell of what happens in them: `/<name>`. Answered at once, whatever becomes of it. */
export class Told {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param hear called with each event, and the registry that tells it */
  static async start(hear: (registry: string, event: RegistryEvent) => void): Promise<Told> {
    const server = createServer((incoming, response) => {
      void text(incoming).then((body) => {
        response.writeHead(200).end();
        const { events } = JSON.parse(body) as { events: RegistryEvent[] };
        for (const event of events) hear((incoming.url ?? '/').slice(1), event);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Told(server);
  }

  urlOf(registry: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${registry}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
