import { z } from 'zod';
import type { Gate, Gates } from './types.ts';

const SECONDS = { s: 1, m: 60, h: 3_600 } as const;
const MOST_SOAK_SECONDS = 604_800;

/** A gate as people write it: `manual`, `automatic`, or how long to soak: `30s`, `10m`, `2h`. */
export const gateSchema = z
  .string()
  .regex(/^(manual|automatic|\d{1,6}[smh])$/, 'must be manual, automatic, or how long to soak: 30s, 10m, 2h')
  .refine((text) => soakOf(text) <= MOST_SOAK_SECONDS, 'soaks for a week at most');

/** Gates as a fleet file or a request gives them; those left out come from the layer below. */
export const gatesSchema = z.strictObject({
  smoke: gateSchema.optional().describe('Before the bastion is touched. Opened by `smoke`.'),
  bake: gateSchema.optional().describe('The bastion runs the new version, before it gets traffic. Opened by `bake`.'),
  rollout: gateSchema.optional().describe('The bastion serves, before the other batches. Opened by `rollout`.'),
  batch: z
    .enum(['manual', 'automatic'])
    .optional()
    .describe('Between two batches; automatic: after `pauseSeconds`. Opened by `rollout`.'),
  wave: gateSchema
    .optional()
    .describe(
      'Between two waves (`waves: idc` or `az`), in the place of `batch`. Default: as `batch`. Opened by `rollout`.',
    ),
  finish: gateSchema
    .optional()
    .describe('All instances serve, before the release ends and cannot be undone any more. Opened by `finish`.'),
});

export type GatesText = z.output<typeof gatesSchema>;

/** Gates of a release: each from the last layer that speaks of it; automatic and at once where none does. */
export function resolveGates(...layers: (GatesText | undefined)[]): Gates {
  const said: GatesText = {};
  for (const layer of layers) {
    for (const [name, text] of Object.entries(layer ?? {}))
      Object.assign(said, text === undefined ? {} : { [name]: text });
  }
  return {
    smoke: parseGate(said.smoke),
    bake: parseGate(said.bake),
    rollout: parseGate(said.rollout),
    batch: said.batch ?? 'automatic',
    ...(said.wave === undefined ? {} : { wave: parseGate(said.wave) }),
    finish: parseGate(said.finish),
  };
}

export function parseGate(text = 'automatic'): Gate {
  return text === 'manual' ? { mode: 'manual' } : { mode: 'automatic', soakSeconds: soakOf(text) };
}

function soakOf(text: string): number {
  const unit = text.at(-1) as keyof typeof SECONDS;
  return unit in SECONDS ? Number(text.slice(0, -1)) * SECONDS[unit] : 0;
}
