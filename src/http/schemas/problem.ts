import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../domain/errors.ts';
import type { Problem } from '../../domain/problem.ts';

const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** Every error answer, as application/problem+json (RFC 9457). */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'Where the runbook speaks of the code, relative to the API' }),
    title: z.string().meta({ description: 'Short, the same for every occurrence of the code' }),
    status: z.int(),
    instance: z.string().exactOptional().meta({ description: 'Path of the request' }),
    code: z.enum(codes).meta({ description: 'Stable: match on this' }),
    detail: z.string().meta({ description: 'What is wrong, here and now, with names' }),
    verdict: z.enum(['failed', 'errored', 'refused']).meta({
      description: 'failed: the version is bad; errored: we cannot tell; refused: the request is, nothing was changed',
    }),
    retryable: z.boolean().meta({ description: 'May the same request succeed later without a change?' }),
    next: z.string().meta({ description: 'What to do next' }),
    errors: z
      .array(
        z.object({
          path: z.string(),
          message: z.string(),
          hint: z.string().exactOptional(),
          line: z
            .int()
            .exactOptional()
            .meta({ description: 'In the text of the body, from 1, where it was read as text' }),
          column: z.int().exactOptional(),
        }),
      )
      .meta({ description: 'Places of the input that are wrong; empty when it is not about input' }),
  })
  .meta({
    id: 'Problem',
    examples: [
      {
        type: '/docs/errors#GROUP_BUSY',
        title: 'Another operation holds the group',
        status: 409,
        instance: '/v1/releases',
        code: 'GROUP_BUSY',
        detail: 'fat/shop/web is held by rel-c3xq2m7k4a (v2)',
        verdict: 'refused',
        retryable: false,
        next: 'Wait for the operation named, or abort it.',
        errors: [],
      },
    ],
  }) satisfies z.ZodType<Problem>;
