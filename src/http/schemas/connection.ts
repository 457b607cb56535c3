import { z } from 'zod';
import { FINDING_STATES } from '../../domain/sync/connection.ts';
import { registriesSchema } from './image.ts';

export const connectSchema = z
  .strictObject({
    registries: registriesSchema
      .exactOptional()
      .meta({ description: 'Default: those that sync rules in force bring images from, and to' }),
  })
  .meta({ id: 'ConnectRegistries', examples: [{ registries: ['north'] }] });
export type ConnectRegistries = z.output<typeof connectSchema>;

const findingSchema = z
  .object({
    about: z.string().meta({ description: 'What was looked at', examples: ['webhook of project shop'] }),
    state: z.enum(FINDING_STATES).meta({
      description:
        'ok: as it should be; todo: connecting mends it; done: it has; wrong: somebody has to do what `next` says; unknown: it cannot be told',
    }),
    message: z.string(),
    next: z.string().nullable().meta({ description: 'What to do about it; it may have several lines' }),
  })
  .meta({ id: 'RegistryFinding' });

export const connectionsSchema = z
  .object({
    registries: z.array(
      z.object({
        registry: z.string(),
        kind: z.enum(['distribution', 'harbor']),
        findings: z.array(findingSchema),
      }),
    ),
    todo: z.int().meta({ description: 'Findings in state todo: what connecting would mend' }),
    wrong: z.int().meta({ description: 'Findings in state wrong: what is left for people' }),
  })
  .meta({
    id: 'RegistryConnections',
    examples: [
      {
        registries: [
          {
            registry: 'north',
            kind: 'harbor',
            findings: [
              {
                about: 'webhook of project shop',
                state: 'todo',
                message:
                  'is missing: it is to tell https://transship.example.com/v1/hooks/registry/north of what is pushed and deleted',
                next: null,
              },
            ],
          },
        ],
        todo: 1,
        wrong: 0,
      },
    ],
  });
export type RegistryConnections = z.output<typeof connectionsSchema>;
