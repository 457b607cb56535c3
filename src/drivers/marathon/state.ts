import { z } from 'zod';

/** What an app of a set is made of: its definition without id and number of instances, and the name of its container. */
const definitionSchema = z.object({ app: z.record(z.string(), z.unknown()), container: z.string() });

export type Definition = z.output<typeof definitionSchema>;

const placeSchema = z.object({
  /** Segment of the app that the place is to be of; null: it is to go. */
  app: z.string().nullable(),
  /** Task that was seen to hold it. */
  task: z.string().exactOptional(),
  /** Task that is to end, and has not been seen to have ended. */
  leaving: z.string().exactOptional(),
});

export type PlaceState = z.output<typeof placeSchema>;

const groupSchema = z.object({ env: z.string(), app: z.string(), group: z.string() });
const specSchema = z.object({ version: z.string(), number: z.string() });

/** All that a set is, beside what Marathon says of its apps and tasks. */
const stateSchema = z.object({
  group: groupSchema,
  /** The spec of the update revision. */
  spec: specSchema,
  /** Revision that a place without an operation is of. */
  current: z.string(),
  /** Revision that was staged last. */
  update: z.string(),
  /** Where staging began, while it is staged. */
  previous: z.object({ revision: z.string(), spec: specSchema, held: z.array(z.string()) }).nullable(),
  /** Revision that the set is open for. */
  open: z.string().nullable(),
  /** The step that last shut out what was still on its way. */
  mark: z.string().nullable(),
  removing: z.boolean(),
  /** Segment of an app → its revision, and how we wrote it: another definition there is not ours. */
  apps: z.record(
    z.string(),
    z.object({
      revision: z.string(),
      definition: definitionSchema,
      /** Somebody changed it, and that was known when the set was staged past it. */
      foreign: z.literal(true).exactOptional(),
    }),
  ),
  /** By number. */
  places: z.array(placeSchema),
  /** Task → owner → reason of those who took it out of traffic. */
  out: z.record(z.string(), z.record(z.string(), z.string())),
});

export type SetState = z.output<typeof stateSchema>;

/** Null where the text is no state of ours. */
export function parseState(text: string | undefined): SetState | null {
  if (text === undefined) return null;
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
