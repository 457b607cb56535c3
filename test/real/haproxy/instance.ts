import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';

/** An application behind a load balancer: `GET /health`, `GET /slow/MS`, anything else at once. */
export interface Instance {
  readonly port: number;
  /** Requests that it got, health checks left out. */
  asked: number;
  /** What its health page says. */
  health: number;
  /** Ends as a container that is killed: open connections are reset. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export async function startInstance(): Promise<Instance> {
  let server: Server | null = null;
  const instance: Instance = {
    port: await getPort(),
    asked: 0,
    health: 200,
    kill: async () => {
      const closing = server;
      server = null;
      if (closing === null) return;
      closing.closeAllConnections();
      closing.close();
      await once(closing, 'close');
    },
    start: async () => {
      server = createServer((request, answer) => {
        void (async () => {
          const path = request.url ?? '';
          if (path === '/health') return answer.writeHead(instance.health).end();
          instance.asked++;
          const [, ms = '5'] = /^\/slow\/(\d+)$/.exec(path) ?? [];
          await sleep(Number(ms));
          answer.end('served');
        })();
      }).listen(instance.port, '127.0.0.1');
      await once(server, 'listening');
    },
  };
  await instance.start();
  return instance;
}
