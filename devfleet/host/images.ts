import { setTimeout as sleep } from 'node:timers/promises';
import { readBehaviour, type Behaviour } from './behaviour.ts';
import { fetchBlob, fetchManifest, type Credentials, type Descriptor, type RegistryAt } from './registry-pull.ts';
import type { Faults } from './faults.ts';

export interface StoredImage {
  /** As the scheduler names it. */
  name: string;
  /** `<host>/<repository>@sha256:…` of what the name resolved to. */
  imageId: string;
  behaviour: Behaviour;
  bytes: number;
}

export interface ImageName {
  host: string;
  repository: string;
  /** Tag or digest to ask the registry for; a digest wins. */
  reference: string;
}

/** @throws Error where the string is no image name */
export function parseImageName(text: string): ImageName {
  const match = /^([^/]+)\/([a-z0-9][a-z0-9._/-]*?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text);
  const [, host, repository, tag, digest] = match ?? [];
  if (host === undefined || repository === undefined)
    throw new Error(`couldn't parse image name "${text}": no registry host or a malformed name`);
  return { host, repository, reference: digest ?? tag ?? 'latest' };
}

const MAX_AT_ONCE = 3;

/** The images on one machine. A pull really reads manifest, config and layers; what is stored is not read again. */
export class ImageStore {
  readonly #node: string;
  readonly #hosts: Record<string, string>;
  readonly #faults: Faults;
  readonly #images = new Map<string, StoredImage>();
  readonly #blobs = new Set<string>();
  readonly #pulling = new Map<string, Promise<StoredImage>>();

  /** @param hosts registry host in image names → base URL */
  constructor(node: string, hosts: Record<string, string>, faults: Faults) {
    this.#node = node;
    this.#hosts = hosts;
    this.#faults = faults;
  }

  get(name: string): StoredImage | undefined {
    return this.#images.get(name);
  }

  list(): StoredImage[] {
    return [...this.#images.values()];
  }

  /** Pulls the image unless a pull of it is under way; then joins that one. @throws Error with the registry's answer */
  pull(name: string, credentials: Credentials[] = []): Promise<StoredImage> {
    const running = this.#pulling.get(name);
    if (running !== undefined) return running;
    const pull = this.#pull(name, credentials).finally(() => this.#pulling.delete(name));
    this.#pulling.set(name, pull);
    return pull;
  }

  async #pull(name: string, credentials: Credentials[]): Promise<StoredImage> {
    const fault = this.#faults.pull(this.#node, name);
    if (fault !== undefined && fault.delayMs > 0) await sleep(fault.delayMs);
    if (fault?.error !== undefined) throw new Error(fault.error);
    await this.#faults.awake(this.#node);

    const { host, repository, reference } = parseImageName(name);
    const url = this.#hosts[host];
    if (url === undefined)
      throw new Error(`failed to resolve reference "${name}": dial tcp: lookup ${host}: no such host`);
    const at: RegistryAt = { url, repository, credentials: credentials.filter((one) => one.host === host) };
    const { manifest, digest } = await fetchManifest(at, reference);
    const config = JSON.parse((await fetchBlob(at, manifest.config, 'keep')).toString()) as {
      config?: { Labels?: Record<string, string> | null };
    };
    const missing = manifest.layers.filter((layer) => !this.#blobs.has(layer.digest));
    await inLanes(missing, MAX_AT_ONCE, async (layer) => {
      await fetchBlob(at, layer, 'discard');
      this.#blobs.add(layer.digest);
    });
    const image: StoredImage = {
      name,
      imageId: `${host}/${repository}@${digest}`,
      behaviour: readBehaviour(config.config?.Labels ?? {}),
      bytes: [manifest.config, ...manifest.layers].reduce((sum: number, blob: Descriptor) => sum + blob.size, 0),
    };
    this.#images.set(name, image);
    return image;
  }
}

async function inLanes<T>(items: T[], lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
