import { TransshipError } from '../errors.ts';
import { destinationsOf } from './destinations.ts';
import { brings } from './images.ts';
import type { RegistryLook } from './look.ts';
import type { SyncRule } from './rule.ts';

/** An image that somebody wants somewhere, by hand. Names of registries are known to the fleet. */
export interface ImageWanted {
  repository: string;
  /** How the image is named: exactly one of the two is null. */
  tag: string | null;
  digest: string | null;
  /** Tag that is to name it; null: by its digest it is enough. */
  as: string | null;
  /** Left out: where sync rules bring it from, and to. */
  from?: string | undefined;
  to?: string[] | undefined;
}

/** Where an image may come from, and where it is to go: what is to be looked at before it is known. */
export interface SyncWays {
  /** Never empty; registries that rules name and the fleet has no more are left out. */
  sources: string[];
  to: string[];
  /** Registries that rules would bring it to, and that the fleet has no more. */
  missing: string[];
}

/** What is in a destination now. unreachable: it cannot be told. */
export const NOW = ['same', 'other', 'absent', 'unreachable'] as const;

/** A destination as it is, and what the rules that bring it there ask for. */
export interface PlannedDestination {
  registry: string;
  now: (typeof NOW)[number];
  /** What the tag names there; null where it names nothing, or cannot be told. */
  digest: string | null;
  trouble: RegistryLook['trouble'];
  /** Names of the rules; empty where it was named by hand. */
  rules: string[];
  platforms?: string[];
  referrers: boolean;
  /** A project that a Harbor lacks is made. */
  createProject: boolean;
}

/**
 * Where the image may come from and where it goes, by the request and the sync rules.
 * @param known registries of the fleet, in its order
 * @throws TransshipError REQUEST_INVALID where nothing says so
 */
export function waysOf(rules: readonly SyncRule[], wanted: ImageWanted, known: readonly string[]): SyncWays {
  const { repository, as, from, to } = wanted;
  refuseItself(from, to);
  const bringing = as === null ? [] : rules.filter((rule) => brings(rule, repository, as));
  const fitting = bringing.filter((rule) => to === undefined || rule.to.some((name) => to.includes(name)));
  const sources = from === undefined ? fitting.map((rule) => rule.from) : [from];
  const going = to ?? fitting.filter((rule) => sources.includes(rule.from)).flatMap((rule) => rule.to);
  const ways = {
    sources: known.filter((name) => sources.includes(name)),
    to: to ?? known.filter((name) => going.includes(name)),
    missing: [...new Set(going.filter((name) => !known.includes(name)))],
  };
  if (ways.sources.length === 0) throw unsaid(wanted, 'from');
  if (ways.to.length === 0) throw unsaid(wanted, 'to');
  return ways;
}

function refuseItself(from: string | undefined, to: string[] | undefined): void {
  const at = to?.findIndex((name) => name === from) ?? -1;
  if (at < 0) return;
  const message = `${from ?? ''} is where the image comes from`;
  throw new TransshipError('REQUEST_INVALID', `to: ${message}`, { places: [{ path: `to[${at}]`, message }] });
}

function unsaid({ repository, as, from, to }: ImageWanted, path: 'from' | 'to'): TransshipError {
  const image = as === null ? `${repository} by its digest alone` : `${repository}:${as}`;
  const way = `${from === undefined ? '' : ` from ${from}`}${to === undefined ? '' : ` to ${to.join(', ')}`}`;
  const message = `no sync rule brings ${image}${way}`;
  const hint =
    as === null && (from === undefined || to === undefined)
      ? 'rules go by tags: say its tag, or name both from and to'
      : `name ${from === undefined && to === undefined ? 'both from and to' : path}, or write a rule: transship image rules apply`;
  return new TransshipError('REQUEST_INVALID', `${message}; ${hint}`, { places: [{ path, message, hint }] });
}

/**
 * What would be done, by what the registries have. Of several sources that of which no other one brings the image counts;
 * registries that rules take it on to from a source that has it, too, get it at once.
 * @throws TransshipError IMAGE_UNKNOWN where no source has it; IMAGE_DIFFERS where sources differ, or where the source names
 * another image by the tag that it is to have; what keeps the only sources from telling
 */
export function planSync(
  rules: readonly SyncRule[],
  wanted: ImageWanted,
  ways: SyncWays,
  looks: ReadonlyMap<string, RegistryLook>,
): { from: string; digest: string; to: PlannedDestination[] } {
  const { repository, as } = wanted;
  const { from, digest, holders } = sourceOf(rules, wanted, ways, looks);
  const named = as === null ? digest : (looks.get(from)?.digests[as] ?? null);
  if (named !== digest) {
    throw new TransshipError(
      'IMAGE_DIFFERS',
      `${repository}:${as ?? ''} is ${named ?? 'nothing'} in ${from}, not ${digest}: a tag is moved to what its source names by it; tag the image there first`,
    );
  }
  refuseItself(from, wanted.to);
  const ruled = as === null ? [] : holders.flatMap((name) => destinationsOf(rules, name, repository, as));
  const going = (wanted.to ?? ways.to).flatMap((registry): PlannedDestination[] => {
    // Rules bring an image to a registry from one source only.
    const own = ruled.find((one) => one.registry === registry);
    if (registry === from || (own === undefined && wanted.to === undefined)) return [];
    const { rules: names = [], platforms, referrers = true, createProject = false } = own ?? {};
    const now = nowOf(looks.get(registry), as ?? digest, digest);
    const how = { ...(platforms === undefined ? {} : { platforms }), referrers, createProject };
    return [{ registry, ...now, rules: names, ...how }];
  });
  if (going.length === 0) throw unsaid(wanted, 'to');
  return { from, digest, to: going };
}

function sourceOf(
  rules: readonly SyncRule[],
  { repository, tag, digest: asked, as }: ImageWanted,
  { sources }: SyncWays,
  looks: ReadonlyMap<string, RegistryLook>,
): { from: string; digest: string; holders: string[] } {
  const reference = tag ?? asked ?? '';
  const image = tag === null ? `${repository}@${reference}` : `${repository}:${reference}`;
  const having = sources.flatMap((name) => {
    const digest = looks.get(name)?.digests[reference] ?? null;
    return digest === null ? [] : [{ name, digest }];
  });
  const brought = (name: string): boolean =>
    having.some((one) =>
      destinationsOf(rules, one.name, repository, as ?? '').some(({ registry }) => registry === name),
    );
  const [first, ...others] = having.filter(({ name }) => !brought(name));
  if (first === undefined) {
    const troubles = sources.flatMap((name) => looks.get(name)?.trouble ?? []);
    const [trouble] = troubles;
    const message = troubles.map((one) => one.message).join('; ');
    // The codes of looks are those of this process: both come from the one table.
    if (trouble !== undefined) throw new TransshipError(trouble.code as TransshipError['code'], message);
    throw new TransshipError('IMAGE_UNKNOWN', `${image} is not in ${sources.join(', ')}, where it was to come from`);
  }
  if (others.some(({ digest }) => digest !== first.digest)) {
    const each = [first, ...others].map(({ name, digest }) => `${name} ${digest}`).join(', ');
    throw new TransshipError('IMAGE_DIFFERS', `${image} differs: ${each}; say from which of them it is to come: from`);
  }
  const { digest } = first;
  return { from: first.name, digest, holders: having.filter((one) => one.digest === digest).map(({ name }) => name) };
}

function nowOf(
  look: RegistryLook | undefined,
  reference: string,
  wanted: string,
): Pick<PlannedDestination, 'now' | 'digest' | 'trouble'> {
  if (look === undefined || look.trouble !== null) {
    return { now: 'unreachable', digest: null, trouble: look?.trouble ?? null };
  }
  const digest = look.digests[reference] ?? null;
  return { now: digest === null ? 'absent' : digest === wanted ? 'same' : 'other', digest, trouble: null };
}
