import { formatPath, Part, type Path } from '../input/fault.ts';
import type { ImportOptions } from './job.ts';
import { type Finding, Ledger } from './ledger.ts';
import { nameOf } from './name.ts';
import { translateApp, type Translation } from './translate.ts';

/** What stands in a document beside apps: groups, pods, and what is neither. */
export interface Beside {
  /** Where: `groups[0]`; empty at the root. */
  at: string;
  id: string | null;
  findings: Finding[];
}

export interface Imported {
  apps: Translation[];
  beside: Beside[];
}

interface Found {
  apps: { id: string; value: unknown }[];
  beside: Beside[];
}

/**
 * Translates every app of these documents: one app, a list, `{app}`, `{apps}` as Marathon answers, or a group with all that is in
 * it. Pods are told of as such. Two apps that come to one name are a person's to name.
 */
export function importApps(documents: unknown[], options: ImportOptions): Imported {
  const { apps, beside } = together(documents.map((document) => find(document, [], '/')));
  const first = new Map<string, string>();
  const translations = apps.map(({ id, value }) => {
    const { app } = nameOf(id, options.places);
    const other = first.get(app);
    if (other === undefined) first.set(app, id);
    return translateApp(value, id, options, other ?? null);
  });
  return { apps: translations, beside };
}

/** Keys under which lists of apps stand: in answers, in groups, and in the answer to `/v2/apps/group/*`. */
const LISTS = ['apps', '*'];
const IN_GROUP = ['app', ...LISTS, 'groups', 'pods'];

function find(value: unknown, path: Path, base: string): Found {
  if (Array.isArray(value)) return together(value.map((item, at) => find(item, [...path, at], base)));
  const part = new Part(value, path);
  const id = part.get('id').text;
  if (IN_GROUP.some((key) => isThere(part.get(key))))
    return inGroup(part, id === undefined ? base : absolute(id, base));
  if (isThere(part.get('containers'))) return { apps: [], beside: [aPod(part, base)] };
  if (id !== undefined) return { apps: [{ id: absolute(id, base), value }], beside: [] };
  const ledger = new Ledger();
  ledger.whole(new Part(value), 'unknown', 'no app: it has no id');
  return {
    apps: [],
    beside: [{ at: formatPath(path), id: null, findings: ledger.close(new Part(value), () => false) }],
  };
}

const isThere = ({ value }: Part): boolean => typeof value === 'object' && value !== null;

function inGroup(group: Part, base: string): Found {
  const lists = [...LISTS, 'groups'].flatMap((key) => group.get(key).items());
  const wrapped = group.get('app');
  const inner = [...(isThere(wrapped) ? [wrapped] : []), ...lists].map((item) => find(item.value, item.path, base));
  const pods = group
    .get('pods')
    .items()
    .map((pod) => aPod(pod, base));
  return together([...inner, { apps: [], beside: [...pods, ...ofGroup(group, base)] }]);
}

/** What a group says itself. */
function ofGroup(group: Part, id: string): Beside[] {
  const own = Object.fromEntries(
    group.keys().flatMap((key) => (IN_GROUP.includes(key) ? [] : [[key, group.get(key).value]])),
  );
  if (Object.keys(own).length === 0) return [];
  const part = new Part(own);
  const ledger = new Ledger();
  ledger.notNeeded(part.get('id'), 'transship', 'apps have it in their names');
  ledger.whole(part.get('version'), 'state');
  for (const dependency of part.get('dependencies').items())
    ledger.person(dependency, 'order', 'apps are released one by one: release those first');
  const role = part.get('enforceRole');
  if (role.value === false) ledger.notNeeded(role, 'default');
  if (role.value === true)
    ledger.person(role, 'hosts', 'roles divide a Mesos cluster: which nodes are it, and what is their quota?');
  const findings = ledger.close(part, ([key]) => key === 'dependencies');
  return [{ at: formatPath(group.path), id, findings }];
}

function aPod(pod: Part, base: string): Beside {
  const id = pod.get('id').text;
  const part = new Part(pod.value);
  const ledger = new Ledger();
  ledger.whole(part, 'pod', 'write an app file for it: one group, a container for each of its own');
  return {
    at: formatPath(pod.path),
    id: id === undefined ? null : absolute(id, base),
    findings: ledger.close(part, () => true),
  };
}

function together(found: Found[]): Found {
  return { apps: found.flatMap(({ apps }) => apps), beside: found.flatMap(({ beside }) => beside) };
}

/** Ids of apps in groups may be relative to their group's. */
function absolute(id: string, base: string): string {
  const parts: string[] = [];
  for (const part of (id.startsWith('/') ? id : `${base}/${id}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
