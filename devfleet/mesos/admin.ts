import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Marathon } from '../marathon/index.ts';
import type { Cluster } from './cluster.ts';
import { mishapRoutes, type Mishaps } from './mishaps.ts';

const leaderSchema = z.strictObject({
  /** Index of the master that leads from now on; null: nobody does. */
  master: z.int().min(0).nullable(),
  /** So long it says 503 to all, as one that reads the registry. */
  recoverySeconds: z.number().min(0).default(0),
});

const marathonLeaderSchema = z.strictObject({
  /** Index of the process that leads from now on; null: none does. */
  process: z.int().min(0).nullable(),
});

/**
 * The admin port: who leads, and mishaps of the masters' HTTP side (`/mishaps`, `/break`). Loopback only; no auth.
 * `GET /masters` lists the masters; `POST /leader {"master": 1}` makes another the leader. The same of Marathon, where there
 * is one: `/marathon/mishaps`, `/marathon/break`, `GET /marathon/leader`, `POST /marathon/leader {"process": 1}`.
 */
export function createAdmin({
  cluster,
  mishaps,
  marathon,
  marathonMishaps,
}: {
  cluster: Cluster;
  mishaps: Mishaps;
  marathon: Marathon | null;
  marathonMishaps: Mishaps;
}): FastifyInstance {
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
  if (marathon !== null) {
    void app.register(mishapRoutes(marathonMishaps), { prefix: '/marathon' });
    void app.register(marathonRoutes(marathon), { prefix: '/marathon' });
  }
  return app;
}

function marathonRoutes(marathon: Marathon): FastifyPluginAsync {
  return async (app) => {
    app.get('/leader', () => ({ process: marathon.leader() }));
    app.post('/leader', (request, reply) => {
      const { process } = marathonLeaderSchema.parse(request.body);
      if (process !== null && process >= marathon.urls.length)
        return reply.status(404).send({ message: `no process ${process}; there are ${marathon.urls.length}` });
      marathon.elect(process);
      return reply.status(204).send();
    });
  };
}
