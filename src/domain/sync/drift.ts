import type { Trouble } from '../types.ts';

/** A tag that a registry has not, or that names another image there, though a rule brings it. */
export interface Missing {
  repository: string;
  tag: string;
  /** What the source names by it. */
  digest: string;
  /** Registries. */
  to: string[];
  /** The image is there, and something that is attached to it is not. */
  isAttached?: true;
}

/** A tag that a sync brought to registries, that the rule may delete, and that the source has no more. */
export interface Extra {
  repository: string;
  tag: string;
  /** What the sync made it name. */
  digest: string;
  /** Registries. */
  to: string[];
  /** The source has no tag of the repository at all. */
  isWhole: boolean;
}

/** How the registries of an IDC differ from the source of a rule. */
export interface Drift {
  /** Tags that the rule brings, as the source has them. */
  checked: number;
  missing: Missing[];
  extra: Extra[];
  /** There is more: it is found when this much is brought, or deleted. */
  isCut: boolean;
  /** Registries that did not answer, and why: of them nothing is said. */
  away: Record<string, Trouble>;
}

/**
 * Why a tag that the source has no more stays. many: more than `most` within an hour; repository: the source has no tag of the
 * repository any more; rule: another rule brings it there; unsupported: the registry deletes no tags; failed: it refused, or did
 * not answer.
 */
export const HOLDS = ['many', 'repository', 'rule', 'unsupported', 'failed'] as const;

export interface Held extends Extra {
  why: (typeof HOLDS)[number];
  /** Name of the rule, what the registry said, or how many there are; empty where there is nothing more to say. */
  detail: string;
}

/**
 * What became of the deletion of a tag. absent: it was gone; other: somebody else has moved it since a sync did; back: the
 * source has it again; emptied: the source has no tag of the repository any more, and had when it was compared.
 */
export type DropOutcome = 'deleted' | 'absent' | 'other' | 'back' | 'emptied' | 'unsupported' | 'failed';

/** A tag of one registry that was to be deleted. */
export interface TagDrop extends Omit<Extra, 'to' | 'isWhole'> {
  registry: string;
  outcome: DropOutcome;
  /** Why where it failed; else empty. */
  detail: string;
}

/** How an IDC differed from the source of a rule. Tags are counted once, however many of its registries they differ in. */
export interface IdcDrift {
  checked: number;
  missing: number;
  extra: number;
  /** Of the extra ones: those that were deleted, and those that are held back. */
  deleted: number;
  held: number;
  /** There is more than was counted. */
  isCut: boolean;
  /** Why it could not be compared, or not all be done; null: it could. */
  trouble: Trouble | null;
}

/** One of those that differed. */
export interface DriftExample {
  what: 'missing' | 'deleted' | 'held';
  /** `shop/web:v1`. */
  image: string;
  registries: string[];
  why: Held['why'] | null;
  detail: string;
}

/** How a comparison by a rule ended. */
export interface Comparison {
  /** Of the rule. */
  revision: number;
  /** Who asked for it: `schedule`, or a person. */
  by: string;
  /** ISO time. */
  startedAt: string;
  /** Until all was compared, and deleted; what is brought takes longer. */
  seconds: number;
  idcs: Record<string, IdcDrift>;
  /** The first of those that differed. */
  examples: DriftExample[];
  /** Registries that delete no tags: tried again when the rule changes, or a person compares. */
  unsupported: string[];
  /** Images that were asked for; how many of them had not got there ten minutes later: null while that is not known. */
  asked: number;
  late: number | null;
}

/** Examples that a comparison keeps of each kind. */
export const MOST_EXAMPLES = 10;

/** What a comparison left as it should not be; null while that is not known. */
export function remaining({ idcs, late }: Comparison): { late: number; held: number; unseen: number } | null {
  if (late === null) return null;
  const all = Object.values(idcs);
  return {
    late,
    held: all.reduce((sum, { held }) => sum + held, 0),
    unseen: all.filter(({ trouble }) => trouble !== null).length,
  };
}
