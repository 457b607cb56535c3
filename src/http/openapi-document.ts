import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { ACTOR_HEADER } from './actor.ts';
import './schemas/problem.ts';

/** Version of the REST interface, not of Transship. */
const API_VERSION = '1.0.0';

interface Operation {
  operationId: string;
  parameters?: object[];
  requestBody?: { content: Record<string, object> };
  responses: Record<string, { description?: string; content?: Record<string, object> }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

/** The OpenAPI document is made from the zod schemas of the routes; this adds what they cannot say. */
export const openApiOptions: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Transship',
      version: API_VERSION,
      description:
        'Releases applications batch by batch over many clusters. Every error is application/problem+json with a stable code, what is wrong, where, and what to do next.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:8080', description: 'The default of the API' }],
    tags: [
      { name: 'apps', description: 'What runs where: app files' },
      { name: 'releases', description: 'Bringing a version to the groups of an app' },
      { name: 'images', description: 'Keeping the image registries of the IDCs in step' },
      { name: 'fleet', description: 'IDCs, AZs, clusters, environments' },
      { name: 'health', description: 'For supervisors' },
    ],
  },
  transform: jsonSchemaTransform,
  transformObject: (document) => complete(jsonSchemaTransformObject(document) as unknown as Document),
};

function complete(document: Document): Document {
  for (const operations of Object.values(document.paths)) {
    for (const operation of Object.values(operations)) {
      operation.parameters = [...(operation.parameters ?? []), actorParameter];
      operation.responses['default'] = {
        description: 'Any error',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      };
      extend(operation);
    }
  }
  document.components.schemas = used(document);
  return document;
}

const actorParameter = {
  in: 'header',
  name: ACTOR_HEADER,
  required: false,
  description: 'Who asks, percent-encoded; believed only while no authentication is configured',
  schema: { type: 'string' },
};

/** Operations whose body is a file → what it is. */
const FILES: Record<string, string> = { applyApp: 'The app file itself', putSyncRule: 'The file of the rule itself' };

/** Other media types of some operations. */
function extend({ operationId, requestBody, responses }: Operation): void {
  const description = FILES[operationId];
  if (description !== undefined && requestBody !== undefined) {
    requestBody.content['application/yaml'] = { schema: { type: 'string', description } };
  }
  if (operationId === 'listEvents') {
    const page = responses['200'];
    if (page?.content !== undefined) {
      page.content['text/event-stream'] = {
        schema: { type: 'string', description: 'id = seq, event = kind, data = an Event' },
      };
    }
    responses['204'] = { description: 'Server-sent events only: the release has ended and every event was seen' };
  }
}

/** Each schema is there as input and as output; only those that something refers to stay. */
function used(document: Document): Record<string, object> {
  const { schemas } = document.components;
  const kept = new Set<string>();
  const visit = (value: unknown): void => {
    for (const [, name] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name === undefined || kept.has(name)) continue;
      kept.add(name);
      visit(schemas[name]);
    }
  };
  visit(document.paths);
  return Object.fromEntries(
    Object.entries(schemas)
      .filter(([name]) => kept.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
