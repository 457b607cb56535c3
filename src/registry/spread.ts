import { Attempts } from './back-off.ts';
import { readBlob } from './download.ts';
import { RegistryError } from './errors.ts';
import type { Place } from './manifest.ts';
import type { Blob } from './part.ts';
import type { Outcome, Receiver, Spreading } from './receiver.ts';
import { sendBlob } from './send.ts';
import { Window, type Reader } from './window.ts';

/** A blob up to this size is kept in memory until all have it, and sent without being read again. */
const SMALL_BYTES = 256 * 1024;

/** Once one has the blob, the others can have it from there: they hold the slot for so many times the patience at most. */
const GRACE_FACTOR = 4;

/** Whether a destination needs a blob, as soon as that is known. */
export type IsNeeded = (receiver: Receiver) => Promise<boolean>;

/**
 * Brings one blob to several destinations. It is read from the source once: as long as one destination has it, the others
 * get it from there. Whoever falls behind by more than the window is left to a later round; nobody waits for it.
 *
 * Memory: the window for each blob, besides what the readers' clients read ahead; nothing is written to disk.
 * @param isForced it is sent although the registry says that it has it
 * @returns for each when it is there; rejected with what kept it from getting there
 */
export function spreadBlob(
  spreading: Spreading,
  blob: Blob,
  receivers: readonly Receiver[],
  isNeeded: IsNeeded,
  isForced = false,
): Map<Receiver, Promise<void>> {
  const arrivals = new Map(receivers.map((receiver) => [receiver, Promise.withResolvers<undefined>()]));
  for (const [{ place }, { promise }] of arrivals) {
    promise.catch(() => undefined); // told by whoever waits for it
    spreading.onProgress({ place, ...blob, state: 'queued', bytes: 0, attempts: 0 });
  }
  const rounds = new Rounds(spreading, blob, isNeeded, isForced, (receiver, failure) => {
    const arrival = arrivals.get(receiver);
    if (failure === undefined) arrival?.resolve(undefined);
    else arrival?.reject(failure.error);
  });
  rounds.run(receivers).catch((error: unknown) => {
    for (const { reject } of arrivals.values()) reject(error);
  });
  return new Map([...arrivals].map(([receiver, { promise }]) => [receiver, promise]));
}

interface Round {
  /** Where it is read from; null: nobody has read yet. */
  origin: Place | null;
  /** One got it by reading it to its end. */
  arrived: () => void;
}

class Rounds {
  readonly #spreading: Spreading;
  readonly #blob: Blob;
  readonly #isNeeded: IsNeeded;
  readonly #isForced: boolean;
  readonly #settle: (receiver: Receiver, failure?: { error: unknown }) => void;
  /** Places that have it for sure, to read it from. */
  readonly #have: Place[] = [];
  readonly #attempts = new Map<Receiver, Attempts>();
  readonly #begun = new Map<Receiver, { count: number }>();
  readonly #sawCorrupt = new Set<Receiver>();
  #bytes: Promise<Buffer> | null = null;

  constructor(
    spreading: Spreading,
    blob: Blob,
    isNeeded: IsNeeded,
    isForced: boolean,
    settle: (receiver: Receiver, failure?: { error: unknown }) => void,
  ) {
    this.#spreading = spreading;
    this.#blob = blob;
    this.#isNeeded = isNeeded;
    this.#isForced = isForced;
    this.#settle = settle;
  }

  async run(receivers: readonly Receiver[]): Promise<void> {
    for (let waiting = receivers; waiting.length > 0;) {
      const isFirst = this.#have.length === 0;
      const quick = waiting.filter(({ isSlow }) => !isSlow);
      const group = isFirst && quick.length > 0 ? quick : waiting;
      const again = await this.#round(group, isFirst);
      waiting = [...waiting.filter((receiver) => !group.includes(receiver)), ...again];
    }
  }

  /** @returns who is to be tried again */
  async #round(group: readonly Receiver[], isFirst: boolean): Promise<Receiver[]> {
    const { slots, lateSlots, signal, window: options } = this.#spreading;
    const release = await (isFirst ? slots : lateSlots).acquire(1, signal);
    const round: Round = { origin: null, arrived: () => undefined };
    const window = new Window(() => {
      // Only now: by the time the first of them wants bytes, it is mostly known whether another one has them.
      round.origin = this.#have[0] ?? this.#spreading.source;
      return this.#read(round.origin);
    }, options);
    const tries = group.map((receiver) => ({ receiver, reader: window.join() }));
    let grace: NodeJS.Timeout | undefined;
    round.arrived = () => {
      grace ??= setTimeout(() => {
        for (const { reader } of tries) reader.leave();
        release();
      }, options.patienceMs * GRACE_FACTOR);
    };
    try {
      const again = await Promise.all(tries.map(({ receiver, reader }) => this.#try(receiver, reader, round)));
      return group.filter((_, at) => again[at]);
    } finally {
      clearTimeout(grace);
      release();
    }
  }

  /** @returns whether it is to be tried again */
  async #try(receiver: Receiver, reader: Reader, round: Round): Promise<boolean> {
    const outcome = await this.#send(receiver, reader);
    reader.leave();
    if (outcome === 'later') return true;
    if (outcome === 'here') {
      if (reader.isAtEnd()) round.arrived();
      this.#settle(receiver);
      return false;
    }
    try {
      await this.#mayGoOn(receiver, outcome.error, outcome.isOfOrigin ? round.origin : null);
      return true;
    } catch (error) {
      this.#settle(receiver, { error });
      return false;
    }
  }

  async #send(receiver: Receiver, reader: Reader): Promise<Outcome> {
    try {
      if (!(await this.#isNeeded(receiver))) return 'here';
    } catch (error) {
      return { error, isOfOrigin: false };
    }
    let begun = this.#begun.get(receiver);
    if (begun === undefined) this.#begun.set(receiver, (begun = { count: 0 }));
    const outcome = await sendBlob(this.#spreading, this.#blob, receiver, {
      isForced: this.#isForced,
      begun,
      chunks: () => reader.chunks(),
      leave: () => reader.leave(),
      bytes: this.#blob.size <= SMALL_BYTES ? () => this.#whole(reader) : null,
    });
    if (outcome === 'here') this.#have.push(receiver.place);
    return outcome;
  }

  /**
   * Waits before the next try.
   * @param origin where it was read from, when that is what failed
   * @throws the error, where there is to be none
   */
  async #mayGoOn(receiver: Receiver, error: unknown, origin: Place | null): Promise<void> {
    receiver.signal.throwIfAborted();
    if (origin !== null && origin !== this.#spreading.source) {
      // The one that had it has it no longer, or does not answer: the next one, or the source.
      const at = this.#have.indexOf(origin);
      if (at >= 0) this.#have.splice(at, 1);
      return;
    }
    // Damaged on its way, perhaps; at its source, if it is so again.
    if (error instanceof RegistryError && error.kind === 'corrupt' && !this.#sawCorrupt.has(receiver)) {
      this.#sawCorrupt.add(receiver);
      return;
    }
    let attempts = this.#attempts.get(receiver);
    if (attempts === undefined) {
      this.#attempts.set(receiver, (attempts = new Attempts(receiver.place.client.backOff)));
    }
    await attempts.next(error, receiver.signal);
  }

  async *#read(origin: Place): AsyncGenerator<Buffer> {
    const { source, pacer, signal, onRead } = this.#spreading;
    const isSource = origin === source;
    for await (const chunk of readBlob(origin, this.#blob, { signal, pacer: isSource ? pacer : undefined })) {
      if (isSource) onRead(chunk.length);
      yield chunk;
    }
  }

  /** The whole of a small blob, read once for all rounds. */
  async #whole(reader: Reader): Promise<Buffer> {
    this.#bytes ??= collect(reader.chunks()).catch((error: unknown) => {
      this.#bytes = null;
      throw error;
    });
    return this.#bytes;
  }
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
}
