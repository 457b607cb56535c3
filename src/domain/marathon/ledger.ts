import { formatPath, type Part, type Path } from '../input/fault.ts';
import { type NeedsPerson, type NotNeeded, type Outcome, type Reason, REASONS } from './reasons.ts';

/** What becomes of one field. */
export interface Finding {
  /** Where it stands in the input: `container.docker.image`. In parentheses: what the input does not say at all. */
  field: string;
  /** As it stands there; left out where the input does not have it. */
  value?: unknown;
  outcome: Outcome;
  reason: Reason;
  /** Paths of the app file that say it, or that hold a guess for a person to mend. */
  to: string[];
  /** What is to be known of it, or to be done; empty where the reason says all. */
  note: string;
  /** Leaves of the input that this finding speaks of. */
  covers: string[];
}

/** A place of a document with nothing beneath it: a scalar, or an empty list or mapping. */
export interface Leaf {
  path: Path;
  value: unknown;
}

export function leavesOf(value: unknown, path: Path = []): Leaf[] {
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.map((item, index) => [index, item])
    : Object.entries(value);
  return entries.length === 0 ? [{ path, value }] : entries.flatMap(([key, part]) => leavesOf(part, [...path, key]));
}

/**
 * The findings about one input. Each leaf of it belongs to one finding: none can be told twice, and `close` tells of those that
 * nobody has told. So nothing is dropped in silence, whatever translators forget.
 */
export class Ledger {
  readonly #findings = new Map<string, Finding>();
  readonly #missing: Finding[] = [];

  /** The app file says it, at these paths, which come from what was written there. */
  translated(part: Part, to: string | string[], note = '', keys?: readonly string[]): void {
    this.#add(part, { reason: 'translated', to: [to].flat(), note }, keys);
  }

  notNeeded(part: Part, reason: NotNeeded, note = '', keys?: readonly string[]): void {
    this.#add(part, { reason, to: [], note }, keys);
  }

  /** @param to where the app file holds a guess, or what was understood of it */
  person(part: Part, reason: NeedsPerson, note: string, to: string | string[] = [], keys?: readonly string[]): void {
    this.#add(part, { reason, to: [to].flat(), note }, keys);
  }

  /** One finding for all that stands beneath: state, and what is given to a person as a whole. */
  whole(part: Part, reason: NotNeeded | NeedsPerson, note = ''): void {
    if (part.present) this.#enter(part, leavesOf(part.value, part.path), { reason, to: [], note });
  }

  /** What the input does not say, and the app file must. */
  missing(what: string, reason: NeedsPerson, note: string, to: string[] = []): void {
    this.#missing.push({ field: `(${what})`, outcome: 'needs a person', reason, to, note, covers: [] });
  }

  /**
   * All findings, in the order of the input; what the input does not say stands last.
   * @param isKnown whether a field of this path is one that the input may have
   */
  close(input: Part, isKnown: (path: Path) => boolean): Finding[] {
    const findings = new Set<Finding>();
    for (const { path, value } of leavesOf(input.value, input.path)) {
      const at = formatPath(path);
      const found = this.#findings.get(at) ?? {
        field: at,
        value,
        ...leftover(value, isKnown(path)),
        to: [],
        covers: [at],
      };
      findings.add(found);
    }
    return [...findings, ...this.#missing];
  }

  #add(part: Part, said: Pick<Finding, 'reason' | 'to' | 'note'>, keys: readonly string[] | undefined): void {
    const parts = (keys?.map((key) => part.get(key)) ?? [part]).filter(({ present }) => present);
    // What holds fields of its own, where none are expected, is left to be told of as such.
    const leaves = parts.filter(({ value }) => isUnit(value)).flatMap((one) => leavesOf(one.value, one.path));
    if (leaves.length > 0) this.#enter(part, leaves, said);
  }

  #enter(part: Part, leaves: Leaf[], { reason, to, note }: Pick<Finding, 'reason' | 'to' | 'note'>): void {
    const covers = leaves.map(({ path }) => formatPath(path));
    const finding = { field: formatPath(part.path), value: part.value, ...outcomeOf(reason), to, note, covers };
    for (const leaf of covers) {
      if (this.#findings.has(leaf)) throw new Error(`${leaf} is told twice`);
      this.#findings.set(leaf, finding);
    }
  }
}

const outcomeOf = (reason: Reason): Pick<Finding, 'outcome' | 'reason'> => ({
  outcome: REASONS[reason].outcome,
  reason,
});

/** Of a leaf that no translator told of. */
function leftover(value: unknown, known: boolean): Pick<Finding, 'outcome' | 'reason' | 'note'> {
  if (!known) return { ...outcomeOf('unknown'), note: 'no app of Marathon has it: what is it for?' };
  const empty = value === null || value === '' || typeof value === 'object';
  return empty ? { ...outcomeOf('empty'), note: '' } : { ...outcomeOf('malformed'), note: 'what is meant by it?' };
}

/** A value without fields of its own: a scalar, something empty, or a list of scalars. */
function isUnit(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every((item) => typeof item !== 'object' || item === null);
  return Object.keys(value).length === 0;
}
