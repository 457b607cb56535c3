import { z } from 'zod';
import { COMMANDS } from '../../domain/states.ts';
import { nameSchema } from '../../domain/name.ts';
import { releaseConfigSchema } from './config.ts';

export const commandSchema = z.enum(COMMANDS);

export const commandRequestSchema = z
  .strictObject({
    command: commandSchema,
    group: nameSchema.optional().meta({ description: 'Only this group. Default: every live group, and the release' }),
    reason: z.string().trim().min(1).max(200).optional().meta({ description: 'Why, for the audit' }),
    config: releaseConfigSchema.optional().meta({ description: 'What `configure` changes, for what is still to come' }),
  })
  .refine(({ command, config }) => (command === 'configure') === Object.keys(config ?? {}).length > 0, {
    message: 'goes with configure, which needs at least one knob',
    path: ['config'],
  })
  .meta({ id: 'Command', examples: [{ command: 'abort', reason: 'wrong version' }] });
export type CommandRequest = z.output<typeof commandRequestSchema>;

const commandStateSchema = z.enum(['pending', 'accepted', 'refused']);

export const commandAnswerSchema = z
  .object({
    state: commandStateSchema.meta({
      description: 'pending: sent, no worker has answered yet; it runs when one does, unless notAfter has passed',
    }),
    notAfter: z.string(),
    commands: z.array(
      z.object({ id: z.string(), operation: z.string(), state: commandStateSchema, answer: z.string() }),
    ),
  })
  .meta({
    id: 'CommandAnswer',
    examples: [
      {
        state: 'accepted',
        notAfter: '2026-01-01T12:01:00.000Z',
        commands: [
          { id: 'cmd-ab2c3d4e5f', operation: 'rel-c3xq2m7k4a.web', state: 'accepted', answer: 'undoing 3 instances' },
        ],
      },
    ],
  });
export type CommandAnswer = z.output<typeof commandAnswerSchema>;
