import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { TransshipError } from '../../domain/errors.ts';
import { nameSchema } from '../../domain/name.ts';
import { registriesOf, type FleetRegistry } from '../../domain/registries.ts';
import { suggest } from '../../domain/input/near.ts';
import type { ApiContext } from '../context.ts';
import { hookAnswerSchema, hookBodySchema } from '../schemas/hook.ts';
import { ingest } from './ingest.ts';
import { toldIn } from './told.ts';

/** Harbor's own, `application/cloudevents+json`, `application/vnd.docker.distribution.events.v1+json` and `.v2+json`. */
const JSON_TYPES = /^application\/([\w.-]+\+)?json/;

/** Where registries tell of pushes and deletions. */
export const hookRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(JSON_TYPES, { parseAs: 'string' }, (_request, body, parsed) => {
    try {
      parsed(null, JSON.parse(body as string));
    } catch {
      parsed(new TransshipError('REQUEST_INVALID', 'the body is no JSON'));
    }
  });

  app.post(
    '/v1/hooks/registry/:registry',
    {
      schema: {
        operationId: 'tellOfPushes',
        summary: 'Tell of pushes and deletions',
        description:
          "For the webhooks of registries: Harbor's own format, its CloudEvents, and the notifications of distribution. The `Authorization` header must be the `webhookSecret` that the fleet file has for the registry. What was pushed is brought wherever a sync rule with `onPush` wants it; what is told again changes nothing. Where something was deleted that a rule deletes, too, its repository is compared a few seconds later. Anything else is accepted and passed over.",
        tags: ['images'],
        params: z.strictObject({ registry: nameSchema }),
        body: hookBodySchema,
        response: { 202: hookAnswerSchema.describe('Accepted') },
      },
    },
    async (request, reply) => {
      const registry = registryOf(context, request.params.registry);
      verify(registry, request.headers.authorization);
      const told = toldIn(request.body);
      if (told === null) {
        const message =
          "the body is neither Harbor's own format, nor its CloudEvents, nor distribution's notifications";
        throw new TransshipError('REQUEST_INVALID', message, { places: [{ path: 'body', message }] });
      }
      return reply.code(202).send(await ingest(context, registry, told));
    },
  );

  done();
};

/** @throws NOT_FOUND */
function registryOf({ fleet }: Pick<ApiContext, 'fleet'>, name: string): FleetRegistry {
  const all = registriesOf(fleet);
  const found = all.find((registry) => registry.name === name);
  if (found !== undefined) return found;
  const names = all.map((registry) => registry.name);
  throw new TransshipError('NOT_FOUND', `no registry ${name} in the fleet file; ${suggest(name, names)}`);
}

/** @throws WEBHOOK_REFUSED */
function verify({ name, webhookSecret }: FleetRegistry, authorization: string | undefined): void {
  if (webhookSecret === undefined) {
    throw new TransshipError('WEBHOOK_REFUSED', `registry ${name} has no webhookSecret in the fleet file`);
  }
  // Hashes are of one length, and tell by their comparison nothing about the secret.
  const [sent, wanted] = [authorization ?? '', webhookSecret].map((text) => createHash('sha256').update(text).digest());
  if (sent !== undefined && wanted !== undefined && timingSafeEqual(sent, wanted)) return;
  const what = authorization === undefined ? 'no Authorization header' : 'another Authorization header';
  throw new TransshipError('WEBHOOK_REFUSED', `${what} than the webhookSecret of registry ${name}`);
}
