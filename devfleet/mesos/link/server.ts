import { createServer, type Server } from 'node:net';
import type { Cluster } from '../cluster.ts';
import type { AgentSession } from '../master/master.ts';
import { Lines } from './lines.ts';
import type { FromAgent, ToAgent } from './messages.ts';

/**
 * Where agents reach the leader, whichever it is: the real ones follow it in ZooKeeper. While nobody leads a connection is
 * closed at once, and the agent tries again.
 */
export function createLinkServer(cluster: Cluster): Server {
  return createServer((socket) => {
    let session: AgentSession | null = null;
    const lines = new Lines<FromAgent, ToAgent>(
      socket,
      (message) => {
        if (session !== null) {
          session.receive(message);
          return;
        }
        if (message.kind === 'register') session = cluster.master?.agent(lines, message) ?? null;
        if (session === null) lines.end();
      },
      () => session?.closed(),
    );
  });
}
