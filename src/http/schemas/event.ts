import { z } from 'zod';

const example = {
  seq: 7,
  at: '2026-01-01T12:00:03.120Z',
  operation: 'rel-c3xq2m7k4a.web',
  kind: 'step',
  instance: 'web-0',
  step: 'takeOut',
  attempt: 1,
  outcome: 'done',
  message: 'out of traffic (north/az-1)',
  data: null,
};

export const eventSchema = z
  .object({
    seq: z.int().meta({ description: 'From 1 without gaps: the Last-Event-ID' }),
    at: z.string(),
    operation: z.string(),
    kind: z.enum(['state', 'plan', 'batch', 'step', 'command', 'note']),
    instance: z.string().nullable(),
    step: z.string(),
    attempt: z.int(),
    outcome: z.enum(['begun', 'done', 'failed']).nullable(),
    message: z.string(),
    data: z.unknown(),
  })
  .meta({ id: 'Event', examples: [example] });

export const eventListSchema = z
  .object({ events: z.array(eventSchema) })
  .meta({ id: 'EventList', examples: [{ events: [example] }] });
