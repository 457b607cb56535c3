import type { Template } from '../../kubernetes/resources.ts';

/** How two defaulted templates differ. */
export interface Difference {
  change: 'none' | 'in-place' | 'recreate';
  /** JSON paths that force new pods; containers by name. */
  reasons: string[];
}

/** A started pod takes these: metadata, and the images of its ordinary containers. Init containers have run already. */
const IN_PLACE = [/^metadata\.(labels|annotations)(\.|$)/, /^spec\.containers\[[^\]]*\]\.image$/];

/**
 * Compares by meaning: keys in any order, lists of named things by name.
 * Both must come from the API server with its defaults filled in, or every default would count as a difference.
 */
export function differenceOf(from: Template, to: Template): Difference {
  const paths: string[] = [];
  walk('', from, to, paths);
  const reasons = paths.filter((path) => !IN_PLACE.some((pattern) => pattern.test(path)));
  if (reasons.length > 0) return { change: 'recreate', reasons };
  return { change: paths.length === 0 ? 'none' : 'in-place', reasons: [] };
}

function walk(path: string, from: unknown, to: unknown, found: string[]): void {
  if (Object.is(from, to)) return;
  const [a, b] = [fieldsOf(from), fieldsOf(to)];
  if (a === null || b === null || Array.isArray(from) !== Array.isArray(to)) {
    found.push(path);
    return;
  }
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const step = Array.isArray(from) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    walk(step, a.get(key), b.get(key), found);
  }
}

/** Fields of an object; elements of a list by their name, or by position where they have none. Null for plain values. */
function fieldsOf(value: unknown): Map<string, unknown> | null {
  if (typeof value !== 'object' || value === null) return null;
  if (!Array.isArray(value))
    return new Map(Object.entries(value).filter(([, field]) => field !== undefined && field !== null));
  const names = value.map((element: unknown) =>
    typeof element === 'object' && element !== null && 'name' in element ? String(element.name) : null,
  );
  const named = names.every((name) => name !== null) && new Set(names).size === names.length;
  return new Map(value.map((element: unknown, index) => [named ? (names[index] ?? '') : String(index), element]));
}
