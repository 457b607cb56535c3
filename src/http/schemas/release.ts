import { z } from 'zod';
import { INSTANCE_PHASES, RELEASE_STATES } from '../../domain/states.ts';
import { FLAVORS } from '../../domain/types.ts';
import { nameSchema } from '../../domain/name.ts';
import { releaseIdSchema, versionSchema } from './names.ts';
import { commandSchema } from './command.ts';
import { releaseConfigSchema } from './config.ts';
import { actorSchema, troubleSchema } from './places.ts';

export const joinedSchema = z.boolean().optional().meta({
  description:
    'The groups as one: all bastions, then batch by batch in step, each within the budget of its own; none ends before all have come to the end, and where one does not succeed all are undone. Default: one group after the other',
});

export const releaseRequestSchema = z
  .strictObject({
    app: nameSchema,
    env: nameSchema,
    version: versionSchema,
    groups: z
      .array(nameSchema)
      .min(1)
      .refine((groups) => new Set(groups).size === groups.length, 'each group once')
      .optional()
      .meta({ description: 'Groups to release, of that environment. Default: all, in the order of the app file' }),
    joined: joinedSchema,
    config: releaseConfigSchema.optional(),
    onBusy: z.enum(['reject', 'queue', 'supersede']).optional().meta({
      description:
        'What becomes of it where another operation holds a group. reject (default): 409; queue: it waits for its turn, in the order of acceptance; supersede: those ahead are aborted first',
    }),
  })
  .meta({
    id: 'StartRelease',
    examples: [{ app: 'shop', env: 'fat', version: 'v2', config: { batchPercent: 25, pauseSeconds: 5 } }],
  });

export type ReleaseRequest = z.output<typeof releaseRequestSchema>;

export const stateSchema = z.enum(RELEASE_STATES);

export const linksSchema = z
  .object({
    self: z.string(),
    status: z.string(),
    events: z.string().meta({ description: 'JSON, or server-sent events with Accept: text/event-stream' }),
    commands: z.string(),
    temporalUi: z.string().nullable().meta({ description: 'Null where the fleet file names no Temporal UI' }),
  })
  .meta({ id: 'ReleaseLinks' });

const exampleLinks = {
  self: '/v1/releases/rel-c3xq2m7k4a',
  status: '/v1/releases/rel-c3xq2m7k4a',
  events: '/v1/releases/rel-c3xq2m7k4a/events',
  commands: '/v1/releases/rel-c3xq2m7k4a/commands',
  temporalUi: 'http://127.0.0.1:8233/namespaces/transship/workflows/release%2Frel-c3xq2m7k4a',
};

export const acceptedSchema = z
  .object({ id: releaseIdSchema, state: stateSchema, links: linksSchema })
  .meta({ id: 'AcceptedRelease', examples: [{ id: 'rel-c3xq2m7k4a', state: 'PENDING', links: exampleLinks }] });

export type Accepted = z.output<typeof acceptedSchema>;

const summaryShape = {
  id: releaseIdSchema,
  app: z.string(),
  env: z.string(),
  version: z.string(),
  flavor: z.enum(FLAVORS).meta({
    description:
      'release; promote, releases in one environment after the other; or what brings no new version: restart, scale, adopt, detach, convert, rollback, repair',
  }),
  corrects: z.string().nullable().meta({
    description: 'What a rollback or repair puts right: a release, or the operation that left the group',
  }),
  state: stateSchema,
  waiting: z
    .string()
    .meta({ description: 'What is waited for, since, until, who can unblock it; empty when nothing is' }),
  trouble: troubleSchema.nullable(),
  actor: actorSchema,
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  links: linksSchema,
};

const exampleSummary = {
  id: 'rel-c3xq2m7k4a',
  app: 'shop',
  env: 'fat',
  version: 'v2',
  flavor: 'release' as const,
  corrects: null,
  state: 'ROLLING_OUT',
  waiting: '',
  trouble: null,
  actor: { name: 'li', channel: 'cli' },
  createdAt: '2026-01-01T12:00:00.000Z',
  startedAt: '2026-01-01T12:00:00.100Z',
  endedAt: null,
  links: exampleLinks,
};

export const releaseSummarySchema = z.object(summaryShape).meta({ id: 'ReleaseSummary', examples: [exampleSummary] });
export type ReleaseSummary = z.output<typeof releaseSummarySchema>;

export const releaseListSchema = z
  .object({ releases: z.array(releaseSummarySchema) })
  .meta({ id: 'ReleaseList', examples: [{ releases: [exampleSummary] }] });

const releaseInstanceSchema = z
  .object({
    name: z.string(),
    index: z.int(),
    idc: z.string(),
    az: z.string(),
    phase: z.enum(INSTANCE_PHASES),
    trouble: troubleSchema.nullable(),
  })
  .meta({ id: 'ReleaseInstance' });

export const releaseGroupSchema = z
  .object({
    group: z.string(),
    operation: z.string(),
    state: stateSchema,
    waiting: z.string(),
    trouble: troubleSchema.nullable(),
    commands: z.array(commandSchema).meta({ description: 'Legal now, in the order they are offered' }),
    batches: z
      .array(
        z.object({
          index: z.int().meta({ description: '0 is the bastion' }),
          instances: z.array(releaseInstanceSchema),
        }),
      )
      .meta({ description: 'Empty until the group begins' }),
    temporalUi: z.string().nullable(),
  })
  .meta({ id: 'ReleaseGroup' });
export type ReleaseGroup = z.output<typeof releaseGroupSchema>;

const stageSchema = z
  .object({
    env: z.string(),
    release: releaseIdSchema.nullable().meta({ description: 'Null while it is not accepted' }),
    state: stateSchema,
    waiting: z.string(),
    trouble: troubleSchema.nullable(),
  })
  .meta({ id: 'ReleaseStage' });

export const releaseSchema = z
  .object({
    ...summaryShape,
    stages: z.array(stageSchema).meta({
      description: 'Of a promotion: its environments in order, each with the latest release in it. Else empty',
    }),
    commands: z.array(commandSchema).meta({ description: 'Legal now for at least one group' }),
    groups: z.array(releaseGroupSchema),
  })
  .meta({
    id: 'Release',
    examples: [
      {
        ...exampleSummary,
        stages: [],
        commands: ['abort'],
        groups: [
          {
            group: 'web',
            operation: 'rel-c3xq2m7k4a.web',
            state: 'ROLLING_OUT',
            waiting: '',
            trouble: null,
            commands: ['abort'],
            batches: [
              {
                index: 0,
                instances: [{ name: 'web-0', index: 0, idc: 'north', az: 'az-1', phase: 'done', trouble: null }],
              },
            ],
            temporalUi: 'http://127.0.0.1:8233/namespaces/transship/workflows/group%2Ffat%2Fshop%2Fweb',
          },
        ],
      },
    ],
  });
export type Release = z.output<typeof releaseSchema>;
