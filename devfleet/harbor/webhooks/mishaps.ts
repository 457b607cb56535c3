import { z } from 'zod';

// Faults of webhooks on their way, by number, as ../../mesos/mishaps.ts has them of calls.

const mishapSchema = z.discriminatedUnion('kind', [
  /** It is never sent, and nobody is told: the job was lost. */
  z.strictObject({ kind: z.literal('lose') }),
  /** It is sent so many times, one right after the other. */
  z.strictObject({ kind: z.literal('duplicate'), times: z.int().min(2).default(2) }),
  /** It is sent only after `ms`: the job service was busy. */
  z.strictObject({ kind: z.literal('delay'), ms: z.number().min(0) }),
]);

const armSchema = z.strictObject({
  /** It befalls the webhook of this number of those that match, counted from now; 1: the next. */
  call: z.int().min(1).default(1),
  /** Regular expression on the body. Default: any. */
  body: z.string().default(''),
  mishap: mishapSchema,
});

export type WebhookMishap = z.output<typeof mishapSchema>;

/** Armed mishaps of webhooks. */
export class WebhookMishaps {
  readonly #armed: { rule: z.output<typeof armSchema>; body: RegExp; seen: number; done: boolean }[] = [];

  /** @throws ZodError, SyntaxError (regular expression) */
  arm(input: unknown): void {
    const rule = armSchema.parse(input);
    this.#armed.push({ rule, body: new RegExp(rule.body), seen: 0, done: false });
  }

  /** What was armed, how many webhooks matched, and what has happened. */
  list(): object[] {
    return this.#armed.map(({ rule, seen, done }) => ({ ...rule, seen, done }));
  }

  /** Takes back all that has not happened. */
  disarm(): void {
    for (const one of this.#armed) one.done = true;
  }

  /** What befalls this webhook; null: nothing. It is counted. */
  befalling(body: string): WebhookMishap | null {
    let mishap: WebhookMishap | null = null;
    for (const armed of this.#armed) {
      if (armed.done || !armed.body.test(body)) continue;
      armed.seen++;
      if (armed.seen < armed.rule.call || mishap !== null) continue;
      armed.done = true;
      mishap = armed.rule.mishap;
    }
    return mishap;
  }
}
