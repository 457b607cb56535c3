import { sha256 } from '../../../devfleet/images/layer.ts';

export const INDEX = 'application/vnd.oci.image.index.v1+json';

interface Stored {
  type: string;
  bytes: Buffer;
}

export interface Content {
  config?: { digest: string; mediaType: string };
  layers?: { digest: string; mediaType: string }[];
  manifests?: { digest: string; mediaType: string }[];
  subject?: { digest: string };
}

/** What a registry holds, in memory. Keys are `<repository> <digest or tag>`. */
export class Store {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, Stored>();
  /** Digests by tag. */
  readonly tags = new Map<string, string>();

  putBlob(repository: string, bytes: Buffer): string {
    const digest = sha256(bytes);
    this.blobs.set(`${repository} ${digest}`, bytes);
    return digest;
  }

  putManifest(
    repository: string,
    tag: string | null,
    type: string,
    content: object,
  ): { digest: string; bytes: Buffer } {
    const bytes = Buffer.from(JSON.stringify(content));
    const digest = sha256(bytes);
    this.manifests.set(`${repository} ${digest}`, { type, bytes });
    if (tag !== null) this.tags.set(`${repository} ${tag}`, digest);
    return { digest, bytes };
  }

  /** Some repository's blob. */
  anywhere(digest: string): Buffer | undefined {
    return [...this.blobs].find(([key]) => key.endsWith(digest))?.[1];
  }

  /** The first thing that a manifest names and that is not there. */
  missing(repository: string, content: Content, phantoms = new Set<string>()): string | undefined {
    const { config, layers = [], manifests = [] } = content;
    const blobs = [...(config === undefined ? [] : [config]), ...layers];
    const lacks = ({ digest, mediaType }: { digest: string; mediaType: string }): boolean =>
      !/foreign|nondistributable/.test(mediaType) &&
      (phantoms.has(digest) || !this.blobs.has(`${repository} ${digest}`));
    const child = manifests.find(({ digest }) => !this.manifests.has(`${repository} ${digest}`));
    return (blobs.find(lacks) ?? child)?.digest;
  }

  referrers(repository: string, subject: string): object[] {
    return [...this.manifests]
      .filter(([key]) => key.startsWith(`${repository} `))
      .filter(([, { bytes }]) => (JSON.parse(bytes.toString()) as Content).subject?.digest === subject)
      .map(([key, { type, bytes }]) => ({ mediaType: type, digest: key.split(' ')[1], size: bytes.length }));
  }

  tagsOf(repository: string): string[] {
    const own = [...this.tags.keys()].filter((key) => key.startsWith(`${repository} `));
    return own.map((key) => key.split(' ')[1] ?? '').sort();
  }
}
