import type { Trouble } from '../types.ts';

/** What a registry has of a repository, at one moment. */
export interface RegistryLook {
  registry: string;
  /** Tag, or digest, that was looked for → digest that it names; null: it is not there. */
  digests: Record<string, string | null>;
  /** It has more tags than were looked at. */
  isCut: boolean;
  /** Why that cannot be told; null: it can. */
  trouble: Trouble | null;
}
