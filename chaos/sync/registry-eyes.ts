import { createHash } from 'node:crypto';
import { request } from 'undici';

/** A manifest, as far as what it needs goes. */
interface Manifest {
  config?: { digest: string };
  layers?: { digest: string }[];
}

const ACCEPT = 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json';

/**
 * Looks into a registry past all links, by nothing but HTTP: what Transship says of itself, or its client reads, counts for
 * nothing here.
 */
export class RegistryEyes {
  readonly #url: string;
  /** Blobs whose bytes were right: the registry keeps each once. */
  readonly #hashed = new Set<string>();

  /** @param url without a path */
  constructor(url: string) {
    this.#url = url;
  }

  /** What a tag names; null: there is none. */
  async tag(repository: string, tag: string): Promise<string | null> {
    const { statusCode, headers, body } = await request(`${this.#url}/v2/${repository}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept: ACCEPT },
    });
    await body.dump();
    if (statusCode === 404) return null;
    const digest = headers['docker-content-digest'];
    if (statusCode === 200 && typeof digest === 'string') return digest;
    throw new Error(`HEAD ${repository}:${tag} in ${this.#url}: status ${statusCode}`);
  }

  /** What is missing below what a tag or digest names; one line each. Nothing where it names nothing. */
  async missing(repository: string, reference: string): Promise<string[]> {
    const manifest = await this.#read(repository, `manifests/${reference}`);
    if (manifest === null) return [];
    const blobs = needed(manifest);
    const there = await Promise.all(blobs.map(async (digest) => this.#has(repository, digest)));
    return blobs.flatMap((digest, at) =>
      there[at] === true ? [] : [`${repository}:${reference} names a manifest without its blob ${digest}`],
    );
  }

  /** What is wrong with an image, every byte of it: one line each. */
  async faults(repository: string, digest: string): Promise<string[]> {
    const manifest = await this.#read(repository, `manifests/${digest}`);
    if (manifest === null) return [`${repository}@${digest} is not there`];
    if (sha256(manifest) !== digest) return [`the bytes of ${repository}@${digest} are those of ${sha256(manifest)}`];
    const wrong = await Promise.all(needed(manifest).map(async (blob) => this.#faultOf(repository, blob)));
    return wrong.filter((one) => one !== null);
  }

  async #faultOf(repository: string, digest: string): Promise<string | null> {
    if (!(await this.#has(repository, digest))) return `${repository} has no blob ${digest}`;
    if (this.#hashed.has(digest)) return null;
    const bytes = await this.#read(repository, `blobs/${digest}`);
    if (bytes === null || sha256(bytes) !== digest) return `the bytes of ${digest} in ${repository} are not its`;
    this.#hashed.add(digest);
    return null;
  }

  async #has(repository: string, digest: string): Promise<boolean> {
    const { statusCode, body } = await request(`${this.#url}/v2/${repository}/blobs/${digest}`, { method: 'HEAD' });
    await body.dump();
    return statusCode === 200;
  }

  async #read(repository: string, what: string): Promise<Buffer | null> {
    const url = `${this.#url}/v2/${repository}/${what}`;
    const { statusCode, body } = await request(url, { headers: { accept: ACCEPT } });
    const bytes = Buffer.from(await body.arrayBuffer());
    if (statusCode === 404) return null;
    if (statusCode !== 200) throw new Error(`GET ${url}: status ${statusCode}`);
    return bytes;
  }
}

function needed(manifest: Buffer): string[] {
  const { config, layers = [] } = JSON.parse(manifest.toString('utf8')) as Manifest;
  return [...(config === undefined ? [] : [config.digest]), ...layers.map(({ digest }) => digest)];
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
