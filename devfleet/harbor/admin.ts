import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { mishapRoutes, type Mishaps } from '../mesos/mishaps.ts';
import { addImmutableRule } from './api/immutable.ts';
import { projectNamed } from './content/artifacts.ts';
import type { Harbor } from './harbor.ts';
import { Refusal } from './refusal.ts';

const readOnlySchema = z.strictObject({ readOnly: z.boolean() });
const quotaSchema = z.strictObject({
  /** Bytes; -1: without limit. It may be less than what is used. */
  hard: z.int().min(-1),
});
const immutableSchema = z.strictObject({
  /** Patterns; the repository without its project. */
  repository: z.string().default('**'),
  tag: z.string(),
});

/**
 * The admin port. Loopback only; no auth. Mishaps of calls as with Mesos (`/mishaps`, `/break`), of webhooks under `/webhooks/mishaps`;
 * `GET /webhooks` lists what was sent. `PUT /read-only`, `PUT /projects/{name}/quota {"hard": 1}` and
 * `POST /projects/{name}/immutable {"tag": "v*"}` are what an administrator does in Harbor.
 */
export function createAdmin(harbor: Harbor, mishaps: Mishaps): FastifyInstance {
  const { store, webhooks } = harbor;
  const app = Fastify();
  app.setErrorHandler((error, _request, reply) => {
    const status =
      error instanceof Refusal ? error.status : error instanceof z.ZodError || error instanceof SyntaxError ? 400 : 500;
    const message = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    return reply.status(status).send({ message });
  });
  app.put('/read-only', (request, reply) => {
    harbor.readOnly = readOnlySchema.parse(request.body).readOnly;
    return reply.status(204).send();
  });
  app.put<{ Params: { name: string } }>('/projects/:name/quota', ({ params, body }, reply) => {
    const { hard } = quotaSchema.parse(body);
    const { id } = projectNamed(store, params.name);
    const quota = store.quotas.get(String(id));
    if (quota !== undefined) store.quotas.put({ ...quota, hard });
    return reply.status(204).send();
  });
  app.post<{ Params: { name: string } }>('/projects/:name/immutable', ({ params, body }, reply) => {
    const { repository, tag } = immutableSchema.parse(body);
    const id = addImmutableRule(store, projectNamed(store, params.name), {
      disabled: false,
      priority: 0,
      action: 'immutable',
      template: 'immutable_template',
      tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: tag }],
      scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: repository }] },
    });
    return reply.status(201).send({ id });
  });
  app.get('/webhooks', () => webhooks.deliveries());
  app.post('/webhooks/mishaps', (request, reply) => {
    webhooks.mishaps.arm(request.body);
    return reply.status(201).send();
  });
  app.get('/webhooks/mishaps', () => webhooks.mishaps.list());
  app.delete('/webhooks/mishaps', (_request, reply) => {
    webhooks.mishaps.disarm();
    return reply.status(204).send();
  });
  void app.register(mishapRoutes(mishaps));
  return app;
}
