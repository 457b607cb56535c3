import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { validatorCompiler } from './validation.ts';

/** Types under which a file may be sent. */
const FILE_TYPES = ['application/json', 'application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'];

/** Bodies of the routes of this plugin are files, YAML or JSON, and stay text: so errors in them have lines. */
export function takeFiles(app: Pick<FastifyInstance, 'removeAllContentTypeParsers' | 'addContentTypeParser'>): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(FILE_TYPES, { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body));
}

/** For a route that reads its body itself; the schema of the body is for the OpenAPI document only. */
export const validateAllButBody: FastifySchemaCompiler<unknown> = ({ schema, ...part }) =>
  part.httpPart === 'body'
    ? (data: unknown) => ({ value: data })
    : validatorCompiler({ ...part, schema: schema as z.ZodType });
