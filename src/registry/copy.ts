import { findAttached, type Attached } from './attached.ts';
import { RegistryError } from './errors.ts';
import { Flights } from './flights.ts';
import { nameOf, type Place } from './manifest.ts';
import type { Pacer } from './pacer.ts';
import { manifestsOf, planImage, type Node } from './plan.ts';
import { emptyTally, type BlobProgress, type Tally } from './progress.ts';
import type { Receiver, Spreading } from './receiver.ts';
import { listReferrers } from './referrers.ts';
import { Semaphore } from './semaphore.ts';
import { moveTag } from './tags.ts';
import { isHere, Tree } from './tree.ts';

export interface CopierOptions {
  /** Blobs of one image that are read from the source at a time. Default: 8. */
  blobsAtOnce?: number;
  /** How far the slowest destination of a blob may be behind the fastest, in bytes. Default: 4 MiB. */
  windowBytes?: number;
  /** How long a destination may hold others beyond that, in milliseconds. Default: 250. */
  patienceMs?: number;
}

export interface CopyJob {
  source: Place;
  /** Of a manifest or an index. What a tag names is to be looked up before. */
  digest: string;
  /** Of different registries, or different repositories of one. */
  destinations: readonly Place[];
  /** Of an index only these, where the destinations take that: `linux/arm64`. Default: all. */
  platforms?: readonly string[];
  /** Referrers, and signatures, attestations and SBOMs by cosign's tags, go along. Default: true. */
  attached?: boolean;
  /** Shared by all copies over one link: what may be read from the source. Default: no limit. */
  pacer?: Pacer;
  onProgress?: (progress: BlobProgress) => void;
  /** Called for each destination as soon as it has the image: others may take longer. */
  onArrived?: (copied: Copied) => void;
  signal?: AbortSignal;
}

/** What became of a copy to one destination. */
export interface Copied {
  place: Place;
  /** Null: it has the image, and what it has was read back. */
  error: Error | null;
  /** It had the image before. */
  wasHere: boolean;
  tally: Tally;
}

export interface CopyResult {
  /** In the order of the job's destinations. */
  destinations: Copied[];
  /** Bytes of blobs that were read from the source. */
  sourceBytes: number;
  /** Foreign layers, and children left out by platform: digests of what was not copied on purpose. */
  left: string[];
  /** What is listed as attached, and is no longer at the source. */
  gone: string[];
}

/**
 * Copies images from one registry to several. One of a process, shared by all its copies: a blob is on its way to a registry
 * once at a time, and mounted where the registry is known to have it.
 *
 * A tag is not moved by a copy, but for those of cosign: `moveTag` does that, once the image is there.
 *
 * Memory, whatever the size of an image: for each image that is copied at a time, `blobsAtOnce` windows for the source and
 * as many for destinations that fell behind, 2 × 8 × 4 MiB; for each registry that is read from, `readAheadBytes` of its
 * client, and a slab of 256 KiB for each connection. Nothing is written to disk.
 */
export class Copier {
  readonly #flights = new Flights();
  readonly #blobsAtOnce: number;
  readonly #window: { bytes: number; patienceMs: number };

  constructor({ blobsAtOnce = 8, windowBytes = 4 * 1024 * 1024, patienceMs = 250 }: CopierOptions = {}) {
    this.#blobsAtOnce = blobsAtOnce;
    this.#window = { bytes: windowBytes, patienceMs };
  }

  /**
   * Brings an image to all destinations; one that fails keeps none of the others. Where none of them answers the source is not
   * asked.
   * @throws RegistryError when the source fails before anything could be sent; the signal's reason
   */
  async copy(job: CopyJob): Promise<CopyResult> {
    const { source, digest, signal, attached: isWithAttached = true } = job;
    let sourceBytes = 0;
    const ended = new AbortController();
    const spreading: Spreading = {
      source,
      pacer: job.pacer,
      flights: this.#flights,
      window: this.#window,
      slots: new Semaphore(this.#blobsAtOnce),
      lateSlots: new Semaphore(this.#blobsAtOnce),
      signal: signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]),
      onRead: (bytes) => (sourceBytes += bytes),
      onProgress: job.onProgress ?? (() => undefined),
    };
    const trips = job.destinations.map((place) => tripTo(place, spreading.signal));
    const receivers = trips.map(({ receiver }) => receiver);
    const here = new Map(receivers.map((receiver) => [receiver, isHere(receiver, digest)]));
    for (const asked of here.values()) asked.catch(() => undefined); // told by the trip
    try {
      // With nothing to do and nothing else to look for, the source is not asked.
      if (!isWithAttached && (await areAll(here.values()))) {
        const done = receivers.map(({ place, tally }) => ({ place, error: null, wasHere: true, tally }));
        for (const copied of done) job.onArrived?.(copied);
        return { destinations: done, sourceBytes, left: [], gone: [] };
      }
      const failures = await whyNone(here.values());
      if (failures !== null) {
        signal?.throwIfAborted();
        const none = receivers.map(({ place, tally }, at) => {
          const error = failures[at] ?? null;
          return { place, error, wasHere: false, tally };
        });
        return { destinations: none, sourceBytes, left: [], gone: [] };
      }
      const root = await planImage(source, digest, job.platforms, spreading.signal);
      const image = new Tree(root, spreading, receivers, async (receiver) => (await here.get(receiver)) === true);
      const attachments = isWithAttached ? sendAttached(spreading, root, receivers) : NONE;
      attachments.catch(() => undefined); // told by the trip
      const destinations = await Promise.all(
        trips.map(async (trip) => {
          const copied = await arrive(trip, image, attachments);
          if (copied.error === null) job.onArrived?.(copied);
          return copied;
        }),
      );
      signal?.throwIfAborted();
      const left = manifestsOf(root).flatMap((node) => node.left);
      const { gone } = await attachments.catch(() => ({ gone: [] }));
      return { destinations, sourceBytes, left, gone };
    } finally {
      ended.abort(new Error('the copy has ended'));
    }
  }
}

interface Attachments {
  trees: (Attached & { tree: Tree })[];
  gone: string[];
}

const NONE: Promise<Attachments> = Promise.resolve({ trees: [], gone: [] });

/** Sends what is attached on its way, beside the image. */
async function sendAttached(spreading: Spreading, root: Node, receivers: readonly Receiver[]): Promise<Attachments> {
  const { attached, gone } = await findAttached(spreading.source, root, spreading.signal);
  return { trees: attached.map((one) => ({ ...one, tree: new Tree(one.node, spreading, receivers) })), gone };
}

/** A receiver, with what ends the copy to it. */
interface Trip {
  receiver: Receiver;
  abort: AbortController;
}

function tripTo(place: Place, signal: AbortSignal): Trip {
  const abort = new AbortController();
  const both = AbortSignal.any([signal, abort.signal]);
  return { receiver: { place, signal: both, isSlow: false, tally: emptyTally() }, abort };
}

async function arrive({ receiver, abort }: Trip, image: Tree, attachments: Promise<Attachments>): Promise<Copied> {
  const { place, signal, tally } = receiver;
  let wasHere = false;
  try {
    wasHere = await image.arriveAt(receiver);
    // After the image: a subject is there before what refers to it. The order of the list keeps that among themselves.
    for (const { tree, node, tag, subject } of (await attachments).trees) {
      await tree.arriveAt(receiver);
      if (tag !== null) await moveTag(place, tag, node.manifest.digest, signal);
      else await findAgain(place, subject, node.manifest.digest, signal);
    }
    return { place, error: null, wasHere, tally };
  } catch (error) {
    // What else is on its way there is of no use any more.
    abort.abort(error);
    return { place, error: error as Error, wasHere, tally };
  }
}

/** A referrer that is there and not listed is found by nobody. */
async function findAgain(place: Place, subject: string, digest: string, signal: AbortSignal): Promise<void> {
  const listed = await listReferrers(place, subject, signal);
  if (listed.some((entry) => entry.digest === digest)) return;
  const message = `${nameOf(place)} took ${digest} and does not list it as a referrer of ${subject}`;
  throw new RegistryError('IMAGE_CORRUPT', message);
}

/** Waits for the first that answers. @returns null: one did; else what each of them failed with, in their order */
async function whyNone(asked: Iterable<Promise<boolean>>): Promise<Error[] | null> {
  return Promise.any(asked).then(
    () => null,
    (error: unknown) => (error as AggregateError).errors as Error[],
  );
}

async function areAll(asked: Iterable<Promise<boolean>>): Promise<boolean> {
  const answers = await Promise.all([...asked].map((answer) => answer.catch(() => false)));
  return answers.every((answer) => answer);
}
