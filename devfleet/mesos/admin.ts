import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Cluster } from './cluster.ts';
import { mishapRoutes, type Mishaps } from './mishaps.ts';

const leaderSchema = z.strictObject({
  /** Index of the master that leads from now on; null: nobody does. */
  master: z.int().min(0).nullable(),
  /** So long it says 503 to all, as one that reads the registry. */
  recoverySeconds: z.number().min(0).default(0),
});

/**
 * The admin port: who leads, and mishaps of the masters' HTTP side (`/mishaps`, `/break`). Loopback only; no auth.
 * `GET /masters` lists the masters; `POST /leader {"master": 1}` makes another the leader.
 */
export function createAdmin(cluster: Cluster, mishaps: Mishaps): FastifyInstance {
  const app = Fastify();
  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof z.ZodError || error instanceof SyntaxError ? 400 : 500;
    const message = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    return reply.status(status).send({ message });
  });
  app.get('/masters', () =>
    cluster.masters.map((master) => ({
      id: master.id,
      url: `http://${master.hostname}:${master.port}`,
      state: cluster.leader !== master ? 'following' : cluster.master === null ? 'recovering' : 'leading',
    })),
  );
  app.post('/leader', (request, reply) => {
    const { master, recoverySeconds } = leaderSchema.parse(request.body);
    if (master !== null && master >= cluster.masters.length)
      return reply.status(404).send({ message: `no master ${master}; there are ${cluster.masters.length}` });
    cluster.elect(master, recoverySeconds * 1000);
    return reply.status(204).send();
  });
  void app.register(mishapRoutes(mishaps));
  return app;
}
