import type { Socket } from 'node:net';

/** Messages over a socket, each a JSON document on a line of its own. */
export class Lines<In, Out> {
  readonly #socket: Socket;

  /** @param receive called with each message, in order */
  constructor(socket: Socket, receive: (message: In) => void, closed: () => void) {
    this.#socket = socket;
    let rest = '';
    socket.setEncoding('utf8').setNoDelay();
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) receive(JSON.parse(line) as In);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', closed);
  }

  /** Nothing is sent any more once the other side is gone. */
  send(message: Out): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  /** Sends what was said before, then closes. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
