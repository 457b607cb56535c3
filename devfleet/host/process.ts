import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AddressInUse, loopbackOf } from './addresses.ts';
import { healthCode, type Behaviour } from './behaviour.ts';
import type { ContainerTag } from './types.ts';

export interface Exit {
  exitCode: number;
  /** `exit` by itself, `term` after TERM, `kill` after KILL, `start` could not listen. */
  reason: 'exit' | 'term' | 'kill' | 'start';
  message: string;
  at: Date;
}

/** What a process needs from its machine. */
export interface Surroundings {
  /** Resolves when the machine is not frozen. */
  awake(): Promise<void>;
  /** Resolves when the process may die of a signal. */
  mortal(tag: ContainerTag): Promise<void>;
  started(tag: ContainerTag): void;
  stopped(tag: ContainerTag, exit: Exit): void;
  collision(tag: ContainerTag, error: AddressInUse): void;
}

/** A container's process: a real HTTP server at the address of its instance that behaves as its image says. */
export class ContainerProcess {
  readonly tag: ContainerTag;
  readonly ports: number[];
  readonly startedAt = new Date();
  readonly exited: Promise<Exit>;
  exit: Exit | null = null;
  readonly #behaviour: Behaviour;
  readonly #around: Surroundings;
  readonly #servers: Server[] = [];
  /** Open connections and how many requests each has in flight. */
  readonly #connections = new Map<Socket, number>();
  readonly #timers: NodeJS.Timeout[] = [];
  #draining = false;
  #resolve!: (exit: Exit) => void;

  private constructor(tag: ContainerTag, ports: number[], behaviour: Behaviour, around: Surroundings) {
    this.tag = tag;
    this.ports = ports;
    this.#behaviour = behaviour;
    this.#around = around;
    this.exited = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** Starts it; resolves when it listens on all ports, or has exited because it cannot. */
  static async start(
    tag: ContainerTag,
    ports: number[],
    behaviour: Behaviour,
    around: Surroundings,
  ): Promise<ContainerProcess> {
    const process = new ContainerProcess(tag, ports, behaviour, around);
    around.started(tag);
    if (behaviour.crashAfterSeconds !== null)
      process.#later(behaviour.crashAfterSeconds, () => void process.crash(behaviour.exitCode));
    try {
      for (const port of ports) await process.#listen(port);
    } catch (error) {
      if (error instanceof AddressInUse) around.collision(tag, error);
      process.#end({ exitCode: 1, reason: 'start', message: String(error), at: new Date() });
    }
    return process;
  }

  /** Present answer of the health endpoint; null once it stopped. */
  health(): number | null {
    return this.exit === null ? healthCode(this.#behaviour, (Date.now() - this.startedAt.getTime()) / 1000) : null;
  }

  /** Dies by itself, now. */
  async crash(exitCode: number): Promise<void> {
    await this.#around.awake();
    this.#end({ exitCode, reason: 'exit', message: '', at: new Date() });
  }

  /** SIGTERM: accepts no more, finishes the requests in flight, then exits 0; unless the image says otherwise. */
  async term(): Promise<void> {
    await this.#around.awake();
    const { stop } = this.#behaviour;
    if (stop.mode === 'never') return;
    this.#drain();
    if (stop.mode === 'slow') await sleep(stop.seconds * 1000);
    while (this.#connections.size > 0 && this.exit === null) await sleep(5);
    await this.#around.mortal(this.tag);
    await this.#around.awake();
    this.#end({ exitCode: 0, reason: 'term', message: '', at: new Date() });
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#around.mortal(this.tag);
    await this.#around.awake();
    this.#end({ exitCode: 137, reason: 'kill', message: '', at: new Date() });
  }

  #end(exit: Exit): void {
    if (this.exit !== null) return;
    this.exit = exit;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const server of this.#servers) server.close();
    for (const socket of this.#connections.keys()) socket.destroy();
    this.#around.stopped(this.tag, exit);
    this.#resolve(exit);
  }

  #later(seconds: number, act: () => void): void {
    this.#timers.push(setTimeout(act, seconds * 1000));
  }

  async #listen(port: number): Promise<void> {
    // Kept connections outlive any client's own limit: the server closing first would look like a failure.
    const server = createServer(
      { keepAliveTimeout: 75_000 },
      (request, response) => void this.#answer(request, response),
    );
    server.on('connection', (socket) => {
      this.#connections.set(socket, 0);
      socket.on('close', () => this.#connections.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        reject(error.code === 'EADDRINUSE' ? new AddressInUse(this.tag.address, port) : error);
      });
      server.listen({ host: loopbackOf(this.tag.address), port }, resolve);
    });
    this.#servers.push(server);
    if (this.exit !== null) server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    this.#connections.set(socket, (this.#connections.get(socket) ?? 0) + 1);
    response.on('close', () => {
      const left = (this.#connections.get(socket) ?? 1) - 1;
      if (!socket.destroyed) this.#connections.set(socket, left);
      if (this.#draining && left === 0) socket.destroySoon();
    });
    request.resume();
    await this.#around.awake();
    const health = this.health();
    if (health === null || socket.destroyed) return;
    if (this.#draining) response.setHeader('connection', 'close');
    if (request.url?.split('?')[0] === this.#behaviour.healthPath) {
      response.writeHead(health, { 'content-type': 'text/plain' }).end(`${health}\n`);
      return;
    }
    if (this.#behaviour.latencyMs > 0) await sleep(this.#behaviour.latencyMs);
    const { instance, version, address } = this.tag;
    const body = JSON.stringify({ instance, version, address, startedAt: this.startedAt.toISOString() });
    response.writeHead(health === 200 ? 200 : 503, { 'content-type': 'application/json' }).end(`${body}\n`);
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (const server of this.#servers) server.close();
    for (const [socket, inFlight] of this.#connections) if (inFlight === 0) socket.destroySoon();
  }
}
