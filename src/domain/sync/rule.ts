import { z } from 'zod';
import type { Fleet } from '../fleet.ts';
import { readText } from '../input/read.ts';
import { nameSchema } from '../name.ts';
import { windowSchema } from '../window.ts';
import { repositoryPatternSchema, tagGlobSchema, tagPatternSchema } from './patterns.ts';
import { PRIORITIES } from './priority.ts';
import { checkRule } from './rule-checks.ts';

const SECONDS = { s: 1, m: 60, h: 3_600 } as const;

const imagesSchema = z.strictObject({
  repository: repositoryPatternSchema.describe(
    'Repositories, without registry host. `*` stands for any characters but `/`, `**` for any number of parts, `?` for one character. With `!` before it: these are brought by no entry of the rule.',
  ),
  tags: z
    .array(tagPatternSchema)
    .min(1)
    .max(100)
    .exactOptional()
    .describe('Tags: one of the globs must match, and none of those with `!` before them. Default: all.'),
});

/** What a sync rule may hold. `parseRule` reads one and checks it against the fleet. */
export const syncRuleSchema = z.strictObject({
  name: nameSchema.describe('Name of the rule.'),
  from: nameSchema.describe('Registry that the images are in: the name of an IDC, or of a replica.'),
  to: z.array(nameSchema).min(1).max(100).describe('Registries that they are brought to.'),
  images: z
    .array(imagesSchema)
    .min(1)
    .max(100)
    .describe('Which images: those of any entry, without the repositories that an entry with `!` takes out.'),
  platforms: z
    .array(z.string().regex(/^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9.]+)?$/, 'must be os/architecture: linux/amd64'))
    .min(1)
    .max(20)
    .exactOptional()
    .describe(
      'Of an image for several platforms only these, where the registry takes it so: `linux/amd64`. Default: all.',
    ),
  referrers: z
    .boolean()
    .default(true)
    .describe('Signatures, attestations and whatever else refers to an image come with it.'),
  onPush: z.boolean().default(true).describe('An image is brought as soon as the webhook of its registry tells of it.'),
  every: z
    .string()
    .regex(/^\d{1,5}[smh]$/, 'must be how often: 10m, 2h')
    .refine((text) => withinDay(text), 'must be 1m to 24h')
    .default('10m')
    .describe('How often the registries are compared, and what is missing is brought: 1m to 24h.'),
  priority: z
    .enum(PRIORITIES)
    .default('normal')
    .describe('What goes first where there is more to do. What a release waits for goes as `high`.'),
  parallel: z.int().min(1).max(64).default(4).describe('Images of the rule that are copied at once.'),
  windows: z
    .array(windowSchema)
    .min(1)
    .max(20)
    .exactOptional()
    .describe(
      'With `priority: low`: when images may be copied, e.g. `22:00-06:00 Europe/Berlin`; one that is under way goes on. Default: always.',
    ),
  createProject: z
    .boolean()
    .default(false)
    .describe('A project that a Harbor lacks is made. Otherwise what belongs into it is reported.'),
  deletions: z
    .strictObject({
      tags: z
        .boolean()
        .default(false)
        .describe('A tag that the source has no more is taken away where the rule brought it; the image stays.'),
      keep: z
        .array(tagGlobSchema)
        .max(100)
        .default([])
        .describe('Globs of tags that are never taken away: `latest`, `v*`.'),
      most: z
        .int()
        .min(1)
        .max(10_000)
        .default(20)
        .describe(
          'Tags at most that go within an hour. Of more none goes: they are held back until a person lets them go.',
        ),
      repositories: z
        .boolean()
        .default(false)
        .describe(
          'The last tags of a repository go, too. Otherwise one that the source has emptied, or lost, is held back.',
        ),
    })
    .prefault({})
    .describe('What becomes of tags that are removed at the source.'),
});

/** A sync rule with every default filled in. */
export type SyncRule = z.output<typeof syncRuleSchema>;

/** Of a text that is malformed, which is told already, there is nothing more to say. */
function withinDay(every: string): boolean {
  const seconds = everySeconds(every);
  return !(seconds < 60 || seconds > 86_400);
}

/** Seconds of a text such as `10m` that the schema has passed. */
export function everySeconds(every: string): number {
  return Number(every.slice(0, -1)) * SECONDS[every.slice(-1) as keyof typeof SECONDS];
}

/**
 * Reads a sync rule (YAML or JSON).
 * @param source name of the file, for messages
 * @throws TransshipError SYNC_RULE_INVALID with every place that is wrong: path, line, message, hint
 */
export function parseRule(yamlText: string, fleet: Pick<Fleet, 'idcs'>, source: string): SyncRule {
  const check = (root: Parameters<typeof checkRule>[0]) => checkRule(root, fleet);
  return readText(yamlText, source, { code: 'SYNC_RULE_INVALID', schema: syncRuleSchema, check });
}
