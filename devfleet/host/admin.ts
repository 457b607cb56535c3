import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { UnknownTarget, type SimHosts } from './hosts.ts';
import { faultSchema } from './types.ts';

const journalQuery = z.object({ after: z.coerce.number().int().min(0).default(0) });

/** The admin port: the journal, what runs now, and the switches of faults. Loopback only; no auth. */
export function createAdmin(hosts: SimHosts): FastifyInstance {
  const app = Fastify();
  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof z.ZodError ? 400 : error instanceof UnknownTarget ? 404 : 500;
    const message = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    return reply.status(status).send({ message });
  });
  app.get('/journal', (request) => hosts.journal.after(journalQuery.parse(request.query).after));
  app.get('/instances', () => hosts.instances());
  app.post('/faults', async (request, reply) => {
    hosts.setFault(faultSchema.parse(request.body));
    return reply.status(204).send();
  });
  return app;
}
