import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { RegistryEvent } from './told.ts';

/** What becomes of a webhook: `late` comes at once, and once more much later. */
export type Fate = 'once' | 'lost' | 'five times' | 'late';

export interface Fates {
  /** Share of each, 0 to 1; the rest comes once. */
  lost: number;
  fiveTimes: number;
  late: number;
  /** How much later, in ms. */
  lateMs: number;
}

/** Who is not answered asks again, as a registry does. */
const AGAIN_MS = 1_000;
const PATIENCE_MS = 2_000;

/** Carries the webhooks of a registry to Transship, badly. */
export class Postman {
  /** Of each push, by `repository:tag@digest`. */
  readonly fates = new Map<string, Fate>();
  /** Of answers, in ms: from when it was sent until it was taken. */
  readonly answerMs: number[] = [];
  readonly #to: string;
  readonly #secret: string;
  readonly #how: Fates;
  readonly #random: () => number;
  readonly #signal: AbortSignal;

  /** @param to URL of the webhook @param secret sent as Authorization */
  constructor(to: string, secret: string, how: Fates, random: () => number, signal: AbortSignal) {
    this.#to = to;
    this.#secret = secret;
    this.#how = how;
    this.#random = random;
    this.#signal = signal;
  }

  /** Takes an event of the registry and sees to it. */
  carry(event: RegistryEvent): void {
    const { repository = '', tag, digest = '' } = event.target;
    if (event.action !== 'push' || tag === undefined) return;
    const fate = this.#fate();
    this.fates.set(`${repository}:${tag}@${digest}`, fate);
    if (fate === 'lost') return;
    for (let copies = fate === 'five times' ? 5 : 1; copies > 0; copies--) void this.#deliver(event, 0);
    if (fate === 'late') void this.#deliver(event, this.#how.lateMs);
  }

  #fate(): Fate {
    const { lost, fiveTimes, late } = this.#how;
    const drawn = this.#random();
    if (drawn < lost) return 'lost';
    if (drawn < lost + fiveTimes) return 'five times';
    return drawn < lost + fiveTimes + late ? 'late' : 'once';
  }

  async #deliver(event: RegistryEvent, afterMs: number): Promise<void> {
    const body = JSON.stringify({ events: [event] });
    const headers = { 'content-type': 'application/json', authorization: this.#secret };
    try {
      await sleep(afterMs, undefined, { signal: this.#signal });
      for (;;) {
        const began = performance.now();
        const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(PATIENCE_MS)]);
        const answer = await request(this.#to, { method: 'POST', headers, body, signal }).catch(() => null);
        await answer?.body.dump().catch(() => undefined);
        if (answer?.statusCode === 202) {
          this.answerMs.push(performance.now() - began);
          return;
        }
        await sleep(AGAIN_MS, undefined, { signal: this.#signal });
      }
    } catch {
      // The run is over.
    }
  }
}
