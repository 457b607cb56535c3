import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { TransshipError, type ErrorPlace } from '../domain/errors.ts';
import { formatPath, type Path } from '../domain/input/fault.ts';
import { faultsOf, type FieldSchema } from '../domain/input/issues.ts';
import { fieldSchema } from '../domain/input/read.ts';

/** Part of the request → first segment of the paths in errors. Paths in the body have none. */
const PREFIX: Record<string, Path> = { body: [], querystring: ['query'], params: ['path'], headers: ['headers'] };

/**
 * Validates a part of the request by its zod schema. What is wrong is worded as in files: path, message, hint.
 */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart = 'body' }) => {
  const fields = fieldsOf(schema);
  return (data: unknown) => {
    const result = schema.safeParse(data);
    if (result.success) return { value: result.data };
    const places: ErrorPlace[] = faultsOf(result.error, fields, data).map(({ path, ...fault }) => ({
      path: formatPath([...(PREFIX[httpPart] ?? []), ...path]),
      ...fault,
    }));
    return { error: new TransshipError('REQUEST_INVALID', summary(places), { places }) };
  };
};

/** A schema with an id describes itself by a reference to that id. */
function fieldsOf(schema: z.ZodType): FieldSchema {
  const fields = fieldSchema(schema) as FieldSchema & { $ref?: string; $defs?: Record<string, FieldSchema> };
  return fields.$defs?.[fields.$ref?.split('/').at(-1) ?? ''] ?? fields;
}

function summary(places: ErrorPlace[]): string {
  const [first, ...others] = places;
  if (first === undefined) return 'the request is malformed';
  return `${first.path || 'the body'} ${first.message}${others.length === 0 ? '' : `, and ${others.length} more`}`;
}
