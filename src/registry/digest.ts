import { createHash, type Hash } from 'node:crypto';

/** Algorithms that the image spec registers, and the length of their hexadecimal form. */
const HEX_LENGTH: Record<string, number> = { sha256: 64, sha512: 128 };

/** `sha256:<hex>` or `sha512:<hex>`. Anything else must not get into a path. */
export function isDigest(text: string): boolean {
  const [algorithm = '', hex = '', ...rest] = text.split(':');
  return rest.length === 0 && hex.length === HEX_LENGTH[algorithm] && /^[0-9a-f]+$/.test(hex);
}

/** Digest of bytes, by the algorithm of another digest. Default: sha256. */
export function digestOf(bytes: Uint8Array | string, like = 'sha256:'): string {
  const digester = new Digester(like);
  digester.update(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  return digester.digest();
}

/** Makes the digest of what comes in pieces, by the algorithm of the digest that it is to be compared with. */
export class Digester {
  readonly #algorithm: string;
  readonly #hash: Hash;

  constructor(like: string) {
    this.#algorithm = like.slice(0, like.indexOf(':'));
    this.#hash = createHash(this.#algorithm);
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  digest(): string {
    return `${this.#algorithm}:${this.#hash.digest('hex')}`;
  }
}
