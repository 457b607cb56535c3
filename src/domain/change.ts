import type { AppDefinition, GroupDefinition } from './app.ts';
import { type ErrorPlace, TransshipError } from './errors.ts';
import { formatPath, type Path } from './input/fault.ts';
import type { GroupRef } from './types.ts';

/** One difference between two definitions. A side that has nothing there is undefined. */
export interface Change {
  /** Entries of lists are named by what identifies them: `groups["pro/web"].placement["north-1/az-1"].instances`. */
  path: string;
  before: unknown;
  after: unknown;
}

/**
 * What applying a definition (an app, a sync rule) would change, leaf by leaf, in the order of the new one. Equal definitions
 * give nothing.
 */
export function diffDefinition<D extends object>(before: D | null, after: D): Change[] {
  return before === null ? [{ path: '', before: undefined, after }] : differences(before, after, []);
}

/** Where a group has instances, and how many. */
type Standing = readonly { cluster: string; az: string; count: number }[];

/**
 * Refuses what apply cannot bring about: another size, another place or the end of a group that has instances. What it was
 * scaled to may be said, and what the app file said before that, too.
 * @param standing where the group stands; undefined while it has no instance
 * @throws TransshipError SIZE_CHANGE_UNSUPPORTED with every place
 */
export function checkChange(
  before: AppDefinition | null,
  after: AppDefinition,
  standing: (group: GroupRef) => Standing | undefined,
): void {
  const kept = (before?.groups ?? []).flatMap((old) => {
    const stands = standing({ env: old.environment, app: after.app, group: old.name });
    return stands === undefined ? [] : [{ old, stands }];
  });
  const places = kept.flatMap(({ old, stands }) => misplaced(old, stands, after));
  if (places.length === 0) return;
  const groups = kept.map(({ old: { environment, name } }) => `${environment}/${name}`).join(', ');
  const message = `app ${after.app}: ${places.map((place) => `${place.path} ${place.message}`).join('; ')}`;
  throw new TransshipError('SIZE_CHANGE_UNSUPPORTED', `${message} (groups with instances: ${groups})`, { places });
}

function misplaced(old: GroupDefinition, stands: Standing, after: AppDefinition): ErrorPlace[] {
  const index = after.groups.findIndex((group) => group.name === old.name && group.environment === old.environment);
  const group = after.groups[index];
  if (group === undefined) {
    const hint = 'put it back; removing instances is an operation of its own';
    return [{ path: 'groups', message: `lacks ${old.environment}/${old.name}, which has instances`, hint }];
  }
  // The order counts too: instances are numbered by it.
  const may = old.placement.map((was): string[] => {
    const is = stands.find(({ cluster, az }) => cluster === was.cluster && az === was.az);
    return [placeText(was), placeText({ ...was, instances: is?.count ?? was.instances })];
  });
  const same = group.placement.length === may.length;
  if (same && group.placement.every((place, at) => may[at]?.includes(placeText(place)) === true)) return [];
  const said = group.placement.map(placeText).join(', ');
  const is = stands.map(({ cluster, az, count }) => placeText({ cluster, az, instances: count })).join(', ');
  const hint = `put it back; transship scale ${after.app} ${group.name} --env ${group.environment} changes its size`;
  return [{ path: `groups[${index}].placement`, message: `says ${said}, and the group stands at ${is}`, hint }];
}

const placeText = ({ cluster, az, instances, set }: GroupDefinition['placement'][number]): string =>
  `${cluster}/${az}${set === undefined ? '' : ` (${set})`}: ${instances}`;

function differences(before: unknown, after: unknown, path: Path): Change[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  if (old !== null && now !== null) {
    const keys = [...now.keys(), ...[...old.keys()].filter((key) => !now.has(key))];
    return keys.flatMap((key) => differences(old.get(key), now.get(key), [...path, key]));
  }
  return canonical(before) === canonical(after) ? [] : [{ path: formatPath(path), before, after }];
}

/** Text that is the same for the same value, whatever the order of its keys: databases keep no order. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Fields of a mapping; entries of a list of mappings by what identifies them; null for what is compared as a whole. */
function fieldsOf(value: unknown): Map<string, unknown> | null {
  if (typeof value !== 'object' || value === null) return null;
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  const named = value.map((item: unknown) => [identity(item), item] as const);
  const names = named.flatMap(([name]) => name ?? []);
  if (names.length < value.length || new Set(names).size < names.length) return null;
  return new Map(named as readonly (readonly [string, unknown])[]);
}

function identity(item: unknown): string | null {
  if (typeof item !== 'object' || item === null) return null;
  const { name, environment, cluster, az, repository } = item as Record<string, unknown>;
  if (typeof environment === 'string' && typeof name === 'string') return `${environment}/${name}`;
  if (typeof cluster === 'string' && typeof az === 'string') return `${cluster}/${az}`;
  if (typeof repository === 'string') return repository;
  return typeof name === 'string' ? name : null;
}
