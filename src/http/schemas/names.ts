import { z } from 'zod';

/** A version is the tag of the images that it releases. */
export const versionSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/,
    'an image tag: letters, digits, ".", "_" and "-"; starts with a letter or digit; at most 128',
  )
  .meta({ description: 'Tag of the images to release', examples: ['v2'] });

/** Id of a release, made by the server. */
export const releaseIdSchema = z
  .string()
  .regex(/^rel-[a-z2-7]{10}$/, 'rel- and 10 characters, as POST /v1/releases answered')
  .meta({ description: 'Id of the release', examples: ['rel-c3xq2m7k4a'] });

/** `true` or `false` in a query. */
export const flagSchema = z.stringbool({ truthy: ['true', '1'], falsy: ['false', '0'] }).meta({ type: 'boolean' });

/** Header by which the same request sent again finds the same operation. */
export const keyHeaderSchema = z.looseObject({
  'idempotency-key': z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({
      description: 'Any text that is new for a new request; known for 30 days',
      examples: ['deploy-shop-v2-4711'],
    }),
});

/** Header that names the revision which the sender has seen. */
export const seenHeaderSchema = z.looseObject({
  'if-match': z
    .string()
    .regex(/^"\d{1,9}"$/, 'the revision in quotes, e.g. "3"')
    .optional()
    .meta({
      description:
        'Revision that the plan was made on, in quotes, "0" where there was none; refused with 409 when another is in force',
    }),
});

export function seenRevision(headers: z.output<typeof seenHeaderSchema>): number | undefined {
  const seen = headers['if-match'];
  return seen === undefined ? undefined : Number(seen.slice(1, -1));
}
