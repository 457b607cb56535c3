import { z } from 'zod';
import { appSchema, groupSchema, type AppDefinition } from '../../domain/app.ts';
import { azSetRefSchema, azSetSchema, imageRefSchema } from './places.ts';

const template = { spec: { containers: [{ name: 'web', ports: [{ containerPort: 8080 }] }] } };

const exampleApp = {
  app: 'shop',
  owner: 'team-shop',
  groups: [
    {
      name: 'web',
      environment: 'fat',
      placement: [{ cluster: 'north-1', az: 'az-1', instances: 1 }],
      images: { web: 'shop/web' },
      health: { port: 8080 },
      ports: [{ name: 'http', port: 80, targetPort: 8080 }],
      template,
    },
  ],
} satisfies z.input<typeof appSchema>;

/** Body of PUT /v1/apps/{app}: for the OpenAPI document; the body itself is read by parseApp. */
export const appBodySchema = appSchema.meta({ id: 'AppFile', examples: [exampleApp] });

const exampleDefinition = {
  app: 'shop',
  owner: 'team-shop',
  groups: [
    {
      name: 'web',
      environment: 'fat',
      placement: [{ cluster: 'north-1', az: 'az-1', instances: 1 }],
      images: { web: 'shop/web' },
      health: {
        path: '/health',
        port: 8080,
        timeoutSeconds: 180,
        codes: { ignited: [200], waiting: [526, 528], failed: [527], markedDown: [530] },
      },
      ports: [{ name: 'http', port: 80, targetPort: 8080 }],
      traffic: ['service'],
      template,
    },
  ],
} satisfies AppDefinition;

const definitionSchema = appSchema
  .extend({ groups: z.array(groupSchema.extend({ traffic: z.array(z.string()) })) })
  .meta({
    id: 'AppDefinition',
    description: 'The app file with every default filled in',
  }) satisfies z.ZodType<AppDefinition>;

const plannedInstance = { index: z.int(), name: z.string(), azSet: azSetRefSchema, member: z.string() };

const azSet = { idc: 'north', az: 'az-1', cluster: 'north-1', namespace: 'fat', name: 'shop-web-az-1' };
const exampleGroup = {
  env: 'fat',
  group: 'web',
  azSets: [{ ...azSet, count: 1 }],
  instances: [{ index: 0, name: 'web-0', azSet, member: 'shop-web-az-1-0' }],
};

export const applyAnswerSchema = z
  .object({
    app: z.string(),
    revision: z.int().meta({ description: 'Of the definition that is in force now; 0 where there is none' }),
    applied: z.boolean().meta({ description: 'false for a dry run, and where nothing differs' }),
    changes: z
      .array(z.object({ path: z.string(), before: z.unknown(), after: z.unknown() }))
      .meta({ description: 'What differs from the definition before; a new app is one change without path' }),
    groups: z
      .array(
        z.object({
          env: z.string(),
          group: z.string(),
          state: z.enum(['new', 'kept']).meta({ description: 'new: its first release creates its instances' }),
          azSets: z.array(azSetSchema),
          instances: z.array(z.object(plannedInstance)),
        }),
      )
      .meta({ description: 'Where the instances of each group live, or will' }),
  })
  .meta({
    id: 'ApplyAnswer',
    examples: [
      {
        app: 'shop',
        revision: 1,
        applied: true,
        changes: [{ path: 'groups["fat/web"].health.timeoutSeconds', before: 60, after: 180 }],
        groups: [{ ...exampleGroup, state: 'new' }],
      },
    ],
  });
export type ApplyAnswer = z.output<typeof applyAnswerSchema>;

export const appListSchema = z
  .object({ apps: z.array(z.object({ name: z.string(), revision: z.int(), appliedAt: z.string() })) })
  .meta({
    id: 'AppList',
    examples: [{ apps: [{ name: 'shop', revision: 1, appliedAt: '2026-01-01T12:00:00.000Z' }] }],
  });

export const appViewSchema = z
  .object({
    app: z.string(),
    revision: z.int(),
    appliedAt: z.string(),
    appliedBy: z.string(),
    definition: definitionSchema,
    groups: z.array(
      z.object({
        env: z.string(),
        group: z.string(),
        released: z
          .object({ number: z.int(), version: z.string(), images: z.record(z.string(), imageRefSchema) })
          .nullable()
          .meta({ description: 'What it runs at rest; null before its first release' }),
        holder: z.string().nullable().meta({ description: 'Operation that holds the group, or left it half done' }),
        dirty: z.boolean().meta({ description: 'Left half done: accepts only repair, resume and rollback' }),
        azSets: z.array(azSetSchema),
        instances: z
          .array(z.object({ ...plannedInstance, address: z.string().nullable(), uid: z.string().nullable() }))
          .meta({ description: 'address and uid as last seen' }),
      }),
    ),
  })
  .meta({
    id: 'App',
    examples: [
      {
        app: 'shop',
        revision: 1,
        appliedAt: '2026-01-01T12:00:00.000Z',
        appliedBy: 'li',
        definition: exampleDefinition,
        groups: [
          {
            ...exampleGroup,
            released: null,
            holder: null,
            dirty: false,
            instances: exampleGroup.instances.map((instance) => ({ ...instance, address: null, uid: null })),
          },
        ],
      },
    ],
  });
export type AppView = z.output<typeof appViewSchema>;
