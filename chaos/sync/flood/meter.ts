import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What became of the connections that went over a link, as their user saw it. */
export interface Ends {
  connections: number;
  /** Reset when the request came: nothing was answered. */
  refused: number;
  /** Reset on the way, after megabytes. */
  reset: number;
  /** Ended in the middle of an answer, in good order. */
  truncated: number;
  /** Not taken, or ended, while the link was cut. */
  cut: number;
}

/** By which ends are told apart. */
export interface MeterLimits {
  /** An answer that ends after no more was truncated. */
  truncatedBytes: number;
  /** Whoever has sent so much is reset for that. */
  requestBytes: number;
}

/**
 * Stands before a link, and counts how its connections end. What the link cuts off early is ended in good order, as if the
 * answer had been all; everything else that it ends is reset. Bytes pass unchanged.
 */
export class Meter {
  readonly ends: Ends = { connections: 0, refused: 0, reset: 0, truncated: 0, cut: 0 };
  /** Port of the link. */
  to = 0;
  isCut = false;
  readonly #limits: MeterLimits;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(limits: MeterLimits) {
    this.#limits = limits;
    this.#server = createServer((client) => this.#carry(client));
  }

  static async start(limits: MeterLimits): Promise<Meter> {
    const meter = new Meter(limits);
    meter.#server.listen(0, '127.0.0.1');
    await once(meter.#server, 'listening');
    return meter;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  #carry(client: Socket): void {
    this.ends.connections++;
    const link = connect(this.to, '127.0.0.1');
    for (const socket of [client, link]) {
      this.#open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined); // told by close
      socket.once('close', () => this.#open.delete(socket));
    }
    client.pipe(link);
    link.pipe(client, { end: false });
    client.once('close', () => link.destroy());
    link.once('close', () => {
      // Its user is done with it.
      if (client.destroyed || client.readableEnded) return void client.end();
      const end = this.#endOf(client.bytesRead, link.bytesRead);
      this.ends[end]++;
      if (end === 'truncated') client.end();
      else client.resetAndDestroy();
    });
  }

  #endOf(asked: number, answered: number): Exclude<keyof Ends, 'connections'> {
    if (this.isCut) return 'cut';
    if (asked > 0 && answered === 0) return 'refused';
    const isShort = answered <= this.#limits.truncatedBytes && asked < this.#limits.requestBytes;
    return isShort ? 'truncated' : 'reset';
  }
}
