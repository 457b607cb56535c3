import type { MarathonEvent } from './bus.ts';

/** Where an event stream's bytes go: a response, that says when it takes no more for now. */
export interface Sink {
  /** false: full; `drained` is called when it takes more. */
  write(text: string): boolean;
  drained(act: () => void): void;
  close(): void;
}

/**
 * One reader of `/v2/events`: gets each event once, in order; while its connection is full they are kept for it, and when
 * there are too many the connection is closed (HttpEventStreamHandleActor.scala). No ids, no replay.
 */
export class EventStream {
  readonly #sink: Sink;
  readonly #types: ReadonlySet<string>;
  readonly #max: number;
  #outstanding: MarathonEvent[] = [];
  #full = false;
  #closed = false;

  /** @param types empty: all */
  constructor(sink: Sink, types: ReadonlySet<string>, max: number) {
    this.#sink = sink;
    this.#types = types;
    this.#max = max;
  }

  send(event: MarathonEvent): void {
    if (this.#closed) return;
    if (!this.#full) {
      this.#write(event);
    } else if (this.#outstanding.length >= this.#max) {
      // Events that its filter would leave out count, too.
      this.close();
    } else {
      this.#outstanding.push(event);
    }
  }

  /** Two bytes by which a connection that is gone is noticed. */
  heartbeat(): void {
    if (!this.#closed && !this.#full) this.#written(this.#sink.write('\r\n'));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sink.close();
  }

  #write(event: MarathonEvent): void {
    if (this.#types.size > 0 && !this.#types.has(event.eventType)) return;
    // Lines end as Jetty's EventSourceServlet ends them.
    this.#written(this.#sink.write(`event: ${event.eventType}\r\ndata: ${JSON.stringify(event)}\r\n\r\n`));
  }

  #written(more: boolean): void {
    if (more) return;
    this.#full = true;
    this.#sink.drained(() => {
      this.#full = false;
      const waiting = this.#outstanding;
      this.#outstanding = [];
      for (const event of waiting) this.send(event);
    });
  }
}
