import { hasBlob } from './download.ts';
import type { Land } from './flights.ts';
import type { Blob } from './part.ts';
import type { BlobProgress } from './progress.ts';
import type { Outcome, Receiver, Spreading } from './receiver.ts';
import type { UploadSession } from './session.ts';
import { beginUpload, mountOrBegin, pushBytes, uploadBlob } from './upload.ts';
import { FellBehind } from './window.ts';

/** From this size on it is asked once more, before a blob is complete, whether somebody else has brought it meanwhile. */
const ASK_AGAIN_BYTES = 1024 * 1024;

/** Where the bytes come from, and how. */
export interface Supply {
  /** It is sent although the registry says that it has it. */
  isForced: boolean;
  /** Uploads that were begun for this blob and destination. */
  begun: { count: number };
  /** To be read once. */
  chunks: () => AsyncIterable<Buffer>;
  /** Nothing will be read: nobody need wait. */
  leave: () => void;
  /** The whole of a small blob; null where it is not small. */
  bytes: (() => Promise<Buffer>) | null;
}

/** Somebody else brought the blob while it was sent. */
class Duplicate extends Error {}

/**
 * One try to bring a blob to one destination: not at all where it is there, by mounting it where the registry has it
 * elsewhere, else by an upload. While another try in this process is on its way to that registry, only that one is waited
 * for.
 */
export async function sendBlob(spreading: Spreading, blob: Blob, receiver: Receiver, supply: Supply): Promise<Outcome> {
  const { flights } = spreading;
  const { place, signal, tally } = receiver;
  const registry = place.client.url.href;
  const sending = new Sending(spreading, blob, receiver, supply);
  try {
    if (!supply.isForced && (await hasBlob(place, blob.digest, signal))) {
      flights.see(registry, blob.digest, place.repository);
      tally.skipped++;
      sending.tell('skipped');
      return 'here';
    }
    const flight = flights.begin(registry, blob.digest);
    if (typeof flight !== 'function') {
      supply.leave();
      await unlessAborted(flight, signal);
      return 'later';
    }
    return await sending.fly(flight);
  } catch (error) {
    return sending.outcomeOf(error);
  }
}

class Sending {
  readonly #spreading: Spreading;
  readonly #blob: Blob;
  readonly #receiver: Receiver;
  readonly #supply: Supply;
  #bytes = 0;
  /** What ended the body: it comes back out of the request as the request's failure, so it is kept as what it was. */
  #ended: unknown = null;

  constructor(spreading: Spreading, blob: Blob, receiver: Receiver, supply: Supply) {
    this.#spreading = spreading;
    this.#blob = blob;
    this.#receiver = receiver;
    this.#supply = supply;
  }

  tell(state: BlobProgress['state']): void {
    const { place } = this.#receiver;
    const { digest, size } = this.#blob;
    const attempts = this.#supply.begun.count;
    this.#spreading.onProgress({ place, digest, size, state, bytes: this.#bytes, attempts });
  }

  async fly(land: Land): Promise<Outcome> {
    const { place, tally } = this.#receiver;
    let isHere = false;
    try {
      const session = await this.#begin();
      if (session === null) {
        tally.mounted++;
        this.tell('mounted');
      } else {
        tally.attempts++;
        this.#supply.begun.count++;
        this.tell('sending');
        await this.#upload(session);
        tally.sent++;
        this.tell('done');
      }
      isHere = true;
      return 'here';
    } finally {
      land(isHere || this.#ended instanceof Duplicate ? place.repository : null);
    }
  }

  outcomeOf(error: unknown): Outcome {
    const ended = this.#ended;
    if (ended instanceof Duplicate) {
      this.#receiver.tally.duplicates++;
      this.tell('duplicate');
      return 'here';
    }
    if (ended instanceof FellBehind) {
      this.#receiver.isSlow = true;
      return 'later';
    }
    return { error: ended ?? error, isOfOrigin: ended !== null };
  }

  /** @returns null: it was mounted; `whole`: it is small, and an upload is begun together with its bytes */
  async #begin(): Promise<UploadSession | null | 'whole'> {
    const { source, flights } = this.#spreading;
    const { place, signal } = this.#receiver;
    const { digest } = this.#blob;
    if (this.#supply.isForced) return beginUpload(place, signal);
    const registry = place.client.url.href;
    const known = source.client.url.href === registry ? source.repository : flights.where(registry, digest);
    const from = known === place.repository ? null : known;
    if (from === null && this.#supply.bytes !== null) return 'whole';
    return mountOrBegin(place, digest, from, signal);
  }

  async #upload(session: UploadSession | 'whole'): Promise<void> {
    const { place, signal, tally } = this.#receiver;
    if (session !== 'whole') {
      await uploadBlob(place, this.#blob, session, this.#body(), signal);
      return;
    }
    const bytes = await this.#supply.bytes?.().catch((error: unknown) => {
      this.#ended = error;
      throw error;
    });
    await pushBytes(place, this.#blob.digest, bytes ?? Buffer.alloc(0), signal);
    this.#bytes = this.#blob.size;
    tally.bytes += this.#blob.size;
  }

  async *#body(): AsyncGenerator<Buffer> {
    const { place, signal, tally } = this.#receiver;
    const { digest, size } = this.#blob;
    const isAsked = size >= ASK_AGAIN_BYTES && !this.#supply.isForced;
    try {
      for await (const chunk of this.#supply.chunks()) {
        const isLast = this.#bytes + chunk.length >= size;
        if (isLast && isAsked && (await hasBlob(place, digest, signal))) throw new Duplicate();
        yield chunk;
        this.#bytes += chunk.length;
        tally.bytes += chunk.length;
        this.tell('sending');
      }
    } catch (error) {
      this.#ended = error;
      throw error;
    }
  }
}

/** Waits for what somebody else does; an abort ends only the waiting. */
async function unlessAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
