import { z } from 'zod';
import { troubleSchema } from './places.ts';

const whySchema = z
  .object({
    subject: z.string().meta({ description: 'env/app/group, or env/app/instance' }),
    state: z
      .string()
      .meta({ description: 'State of the operation at work; `at rest`, `dirty` or `never released` else' }),
    release: z.string().nullable().meta({ description: 'The release at work, or the one that left it' }),
    reason: z.string().meta({ description: 'In one sentence' }),
    waitsFor: z.string().nullable(),
    since: z.string().nullable(),
    until: z.string().nullable().meta({ description: 'When the wait ends by itself' }),
    who: z.string().nullable().meta({ description: 'Who can unblock it' }),
    trouble: troubleSchema.nullable(),
    runbook: z.string().nullable().meta({ description: 'What to do about the code of the trouble' }),
    next: z
      .array(z.object({ command: z.string(), meaning: z.string() }))
      .meta({ description: 'What to type, and what it does' }),
    details: z.array(z.string()).meta({
      description: 'Steps that are under way or retried, instances in trouble, the queue, workers that are away',
    }),
  })
  .meta({ id: 'Why' });
export type Why = z.output<typeof whySchema>;

export const whyListSchema = z.object({ answers: z.array(whySchema) }).meta({
  id: 'WhyList',
  examples: [
    {
      answers: [
        {
          subject: 'pro/shop/web',
          state: 'SMOKE_FAILURE',
          release: 'rel-c3xq2m7k4a',
          reason: 'web-0 (north/az-1): ErrImagePull',
          waitsFor: 'waits for a decision: web-0 (north/az-1): ErrImagePull',
          since: '2026-01-01T12:00:00.000Z',
          until: '2026-01-02T12:00:00.000Z',
          who: 'whoever may release this app',
          trouble: { verdict: 'failed', code: 'IMAGE_PULL_FAILED', message: 'web-0 (north/az-1): ErrImagePull' },
          runbook: 'Check the image and the registry of the IDC; then resume or abort.',
          next: [{ command: 'transship release abort rel-c3xq2m7k4a', meaning: 'undo what was done' }],
          details: ['web-0 (north/az-1) failed: IMAGE_PULL_FAILED: ErrImagePull'],
        },
      ],
    },
  ],
});
