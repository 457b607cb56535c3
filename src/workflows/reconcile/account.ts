import { MOST_EXAMPLES } from '../../domain/sync/drift.ts';
import type { Comparison, Drift, DriftExample, Held, IdcDrift, TagDrop } from '../../domain/sync/drift.ts';
import type { Trouble } from '../../domain/types.ts';

/** What was found in the registries of an IDC. */
export interface Finding {
  idc: string;
  /** Those that were compared. */
  registries: string[];
  drift: Drift;
  trouble: Trouble | null;
}

export function emptyDrift(): Drift {
  return { checked: 0, missing: [], extra: [], isCut: false, away: {} };
}

/** What comparisons and deletions came to, IDC by IDC, with the first of what differed. */
export function accountOf(
  findings: readonly Finding[],
  judged: readonly Held[],
  drops: readonly TagDrop[],
): Pick<Comparison, 'idcs' | 'examples' | 'unsupported'> {
  const held = [...judged, ...drops.flatMap(heldBy)];
  const deleted = drops.filter(({ outcome }) => outcome === 'deleted');
  const idcs = findings.map(({ idc, registries, drift, trouble }): [string, IdcDrift] => {
    const isHere = (registry: string): boolean => registries.includes(registry);
    return [
      idc,
      {
        checked: drift.checked,
        missing: drift.missing.length,
        extra: drift.extra.length,
        deleted: tagsOf(deleted.filter(({ registry }) => isHere(registry))),
        held: tagsOf(held.filter(({ to }) => to.some(isHere))),
        isCut: drift.isCut,
        trouble,
      },
    ];
  });
  const unsupported = held.filter(({ why }) => why === 'unsupported').flatMap(({ to }) => to);
  return {
    idcs: Object.fromEntries(idcs),
    examples: [
      ...examplesOf(
        findings.flatMap(({ drift }) => drift.missing),
        'missing',
      ),
      ...examplesOf(
        deleted.map((one) => ({ ...one, to: [one.registry] })),
        'deleted',
      ),
      ...examplesOf(held, 'held'),
    ],
    unsupported: [...new Set(unsupported)],
  };
}

/** What a registry did not do is held back as what was not let go. */
function heldBy({ registry, outcome, ...one }: TagDrop): Held[] {
  if (outcome !== 'unsupported' && outcome !== 'failed' && outcome !== 'emptied') return [];
  return [{ ...one, to: [registry], isWhole: false, why: outcome === 'emptied' ? 'repository' : outcome }];
}

function tagsOf(tags: readonly Pick<TagDrop, 'repository' | 'tag'>[]): number {
  return new Set(tags.map(({ repository, tag }) => `${repository}:${tag}`)).size;
}

function examplesOf(
  found: readonly (Pick<Held, 'repository' | 'tag' | 'to'> & Partial<Pick<Held, 'why' | 'detail'>>)[],
  what: DriftExample['what'],
): DriftExample[] {
  const examples = new Map<string, DriftExample>();
  for (const { repository, tag, to, why = null, detail = '' } of found) {
    const image = `${repository}:${tag}`;
    const key = `${image} ${why ?? ''} ${detail}`;
    const known = examples.get(key) ?? { what, image, registries: [], why, detail };
    examples.set(key, { ...known, registries: [...new Set([...known.registries, ...to])] });
    if (examples.size > MOST_EXAMPLES) break;
  }
  return [...examples.values()].slice(0, MOST_EXAMPLES);
}
