import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a registry on which the bytes of its answers are counted. */
export class CountedWay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #bytes = 0;

  private constructor(port: number) {
    // Half open: an end that has said all that it has to say still gets what was said to it.
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      const registry = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      const ends = [client, registry];
      for (const socket of ends) {
        this.#sockets.add(socket);
        socket.once('close', () => this.#sockets.delete(socket));
        socket.once('error', () => ends.forEach((each) => each.destroy()));
      }
      registry.on('data', (chunk) => (this.#bytes += chunk.length));
      client.pipe(registry).pipe(client);
    });
  }

  static async open(port: number): Promise<CountedWay> {
    const way = new CountedWay(port);
    await once(way.#server.listen(0, '127.0.0.1'), 'listening');
    return way;
  }

  /** `host:port` */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Bytes since this was asked last. */
  take(): number {
    const bytes = this.#bytes;
    this.#bytes = 0;
    return bytes;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
