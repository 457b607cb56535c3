import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP link to a port of this machine that can be made to fail. */
export interface Link {
  port: number;
  /** Swallows everything in both directions, without closing anything, as a dropped route does. */
  silence: (on: boolean) => void;
  /** The next answer is swallowed and its connection closed: what was asked for is done, and the asker does not know. */
  loseAnswer: () => void;
  /** Closes every connection, and each new one, as a host does that is gone, until it is taken back. */
  cut: (on: boolean) => void;
  close: () => void;
}

export async function startLink(target: number): Promise<Link> {
  let silent = false;
  let isCut = false;
  let answersToLose = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    const upstream = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    client.on('data', (asked) => {
      if (!silent) upstream.write(asked);
    });
    upstream.on('data', (answer) => {
      if (silent) return;
      if (answersToLose === 0) client.write(answer);
      else {
        answersToLose--;
        client.destroy();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    silence: (on) => {
      silent = on;
    },
    loseAnswer: () => {
      answersToLose++;
    },
    cut: (on) => {
      isCut = on;
      if (on) for (const socket of sockets) socket.destroy();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
