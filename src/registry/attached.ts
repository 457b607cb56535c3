import { RegistryError } from './errors.ts';
import { nameOf, type Place } from './manifest.ts';
import { manifestsOf, planImage, type Node } from './plan.ts';
import { cosignTags, listReferrers } from './referrers.ts';

/** What is attached to an image: a referrer, or what cosign keeps under a tag beside it. */
export interface Attached {
  subject: string;
  node: Node;
  /** Null: it is found by its subject. */
  tag: string | null;
}

/**
 * Everything that is attached to an image or to what its index lists, and what is attached to that in turn; subjects come
 * before what refers to them.
 * @returns and digests that are listed but gone: an index of referrers is not kept by the registry everywhere
 * @throws RegistryError
 */
export async function findAttached(
  source: Place,
  root: Node,
  signal?: AbortSignal,
): Promise<{ attached: Attached[]; gone: string[] }> {
  const attached: Attached[] = [];
  const gone: string[] = [];
  const seen = new Set(manifestsOf(root).map(({ manifest }) => manifest.digest));
  const plan = async (subject: string, digest: string, tag: string | null): Promise<Attached | null> => {
    try {
      return { subject, node: await planImage(source, digest, undefined, signal), tag };
    } catch (error) {
      if (!(error instanceof RegistryError) || error.kind !== 'gone') throw error;
      gone.push(`${nameOf(source)}@${digest}`);
      return null;
    }
  };
  const of = async (subject: string): Promise<(Attached | null)[]> => {
    const [referrers, tags] = await Promise.all([
      listReferrers(source, subject, signal),
      cosignTags(source, subject, signal),
    ]);
    return Promise.all([
      ...referrers.map(({ digest }) => plan(subject, digest, null)),
      ...[...tags].map(([tag, digest]) => plan(subject, digest, tag)),
    ]);
  };
  for (let subjects = [...seen]; subjects.length > 0;) {
    const found = (await Promise.all(subjects.map(of))).flat().filter((one) => one !== null);
    attached.push(...found);
    const next = found.flatMap(({ node }) => manifestsOf(node).map(({ manifest }) => manifest.digest));
    subjects = [...new Set(next)].filter((digest) => !seen.has(digest));
    for (const digest of subjects) seen.add(digest);
  }
  return { attached, gone };
}
