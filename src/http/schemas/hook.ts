import { z } from 'zod';

export const hookAnswerSchema = z
  .object({
    asked: z.int().meta({ description: 'Pushes whose image was asked for' }),
    known: z.int().meta({ description: 'Pushes that had been told of before' }),
    unwanted: z.int().meta({ description: 'Pushes that no sync rule wants anywhere' }),
  })
  .meta({ id: 'HookAnswer', examples: [{ asked: 1, known: 0, unwanted: 0 }] });
