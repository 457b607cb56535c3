import { iso } from '../stamps.ts';

/** An event as it goes to readers of `/v2/events`. */
export interface MarathonEvent {
  eventType: string;
  timestamp: string;
  [field: string]: unknown;
}

/** Carries every event of the leader to whoever listens, in order, as it happens. */
export class EventBus {
  readonly #listeners = new Set<(event: MarathonEvent) => void>();

  /** `fields` may hold a timestamp of their own. */
  publish(eventType: string, fields: Record<string, unknown> = {}): void {
    const event: MarathonEvent = { timestamp: iso(Date.now()), ...fields, eventType };
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** Returns what ends it. */
  subscribe(listener: (event: MarathonEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
