import { hasBlob } from './download.ts';
import { RegistryError } from './errors.ts';
import { getManifest, headManifest, nameOf } from './manifest.ts';
import type { Blob } from './part.ts';
import { manifestsOf, type Node } from './plan.ts';
import type { Receiver, Spreading } from './receiver.ts';
import { putReferrer } from './referrers.ts';
import { spreadBlob } from './spread.ts';

/**
 * An image on its way to several destinations. Its blobs set out at once, whatever manifest they are of; a manifest is put
 * at a destination as soon as what it names is there.
 */
export class Tree {
  readonly #root: Node;
  readonly #spreading: Spreading;
  readonly #here = new Map<Receiver, Promise<boolean>>();
  readonly #arrivals = new Map<string, Map<Receiver, Promise<void>>>();

  /** @param here whether a destination has the root already; default: it is asked */
  constructor(
    root: Node,
    spreading: Spreading,
    receivers: readonly Receiver[],
    here: (receiver: Receiver) => Promise<boolean> = (receiver) => isHere(receiver, root.manifest.digest),
  ) {
    this.#root = root;
    this.#spreading = spreading;
    for (const receiver of receivers) {
      const asked = here(receiver);
      asked.catch(() => undefined); // told by whoever waits for it
      this.#here.set(receiver, asked);
    }
    const isNeeded = async (receiver: Receiver): Promise<boolean> => !(await this.#here.get(receiver));
    for (const blob of manifestsOf(root).flatMap(({ blobs }) => blobs)) {
      if (this.#arrivals.has(blob.digest)) continue;
      this.#arrivals.set(blob.digest, spreadBlob(spreading, blob, receivers, isNeeded));
    }
  }

  /**
   * Waits until a destination has everything, and reads it back.
   * @returns whether it had it before
   * @throws what keeps it from having it: RegistryError, or the reason of the signal
   */
  async arriveAt(receiver: Receiver): Promise<boolean> {
    if (await this.#here.get(receiver)) return true;
    await this.#put(this.#root, receiver, new Map());
    await this.#compare(receiver);
    return false;
  }

  async #put(node: Node, receiver: Receiver, done: Map<string, Promise<void>>): Promise<void> {
    const { digest } = node.manifest;
    let putting = done.get(digest);
    if (putting === undefined) done.set(digest, (putting = this.#putAfter(node, receiver, done)));
    await putting;
  }

  async #putAfter(node: Node, receiver: Receiver, done: Map<string, Promise<void>>): Promise<void> {
    await Promise.all([
      ...node.blobs.map(async ({ digest }) => this.#arrivals.get(digest)?.get(receiver)),
      ...node.children.map((child) => this.#put(child, receiver, done)),
    ]);
    await this.#putManifest(node, receiver);
  }

  async #putManifest(node: Node, receiver: Receiver, isSecond = false): Promise<void> {
    const { place, signal } = receiver;
    try {
      await putReferrer(place, node.manifest, signal);
    } catch (error) {
      if (!(error instanceof RegistryError) || !isLacking(error)) throw error;
      // What was left out on purpose is not to be had there, and this registry insists on it.
      if (node.left.some((digest) => names(error, digest))) {
        const why =
          node.children.length > 0
            ? 'no index without all that it lists: copy all platforms'
            : 'no manifest that names layers elsewhere: allow their URLs there (distribution: validation.manifests.urls)';
        const message = `${nameOf(place)} takes ${why}. ${error.message}`;
        throw new RegistryError('REGISTRY_UNSUPPORTED', message, { status: error.status, reported: error.reported });
      }
      if (isSecond) throw error;
      await this.#mend(node, receiver, error);
      await this.#putManifest(node, receiver, true);
    }
  }

  /** A registry said that it has something that its storage lacks: that is sent whatever it says. */
  async #mend(node: Node, receiver: Receiver, error: RegistryError): Promise<void> {
    const named = node.blobs.filter(({ digest }) => names(error, digest));
    const blobs = named.length > 0 ? named : node.blobs;
    await Promise.all(blobs.map((blob) => this.#force(blob, receiver)));
    for (const child of node.children) {
      if (names(error, child.manifest.digest)) await this.#putManifest(child, receiver);
    }
  }

  async #force(blob: Blob, receiver: Receiver): Promise<void> {
    await spreadBlob(this.#spreading, blob, [receiver], async () => true, true).get(receiver);
  }

  /** What was put is read again: manifests to the byte, by their digest; of blobs that the registry has them. */
  async #compare(receiver: Receiver): Promise<void> {
    const { place, signal } = receiver;
    const missing = await Promise.all([
      ...manifestsOf(this.#root).map(async ({ manifest: { digest, bytes } }) => {
        const read = await getManifest(place, digest, signal);
        return read?.bytes.equals(bytes) === true ? null : digest;
      }),
      ...[...this.#arrivals.keys()].map(async (digest) => ((await hasBlob(place, digest, signal)) ? null : digest)),
    ]);
    const [first] = missing.filter((digest) => digest !== null);
    if (first === undefined) return;
    throw new RegistryError('IMAGE_CORRUPT', `${nameOf(place)} lacks ${first}, which it took without an error`);
  }
}

/** Does a destination have a manifest, by its digest? @throws RegistryError */
export async function isHere({ place, signal }: Receiver, digest: string): Promise<boolean> {
  return (await headManifest(place, digest, signal)) === digest;
}

function isLacking(error: RegistryError): boolean {
  return error.says('MANIFEST_BLOB_UNKNOWN') || error.says('BLOB_UNKNOWN') || error.says('MANIFEST_UNKNOWN');
}

function names({ reported }: RegistryError, digest: string): boolean {
  return reported.some(({ message, detail }) => `${message} ${JSON.stringify(detail)}`.includes(digest));
}
