import { ordinalOf } from './member.ts';
import { brake, brakePercent, floorOf, type BudgetSum } from './brake.ts';
import { azLabel, type InstanceRef, type ReleaseConfig } from './types.ts';

export type { BudgetSum } from './brake.ts';

/** An instance as the plan sees it. */
export interface PlannedMember {
  instance: InstanceRef;
  serving: boolean;
  /** Its set makes an instance only while all before it are well. */
  ordered?: boolean;
}

export interface Batch {
  /** 0 is the bastion. */
  index: number;
  members: InstanceRef[];
  /** IDC or AZ of those members that serve; left out where batches are spread over all, or none of its members serves. */
  wave?: string;
}

export interface BatchPlan {
  batches: Batch[];
  /** How the batch size came about: `25 % of 12 = 3`, `20 % of 3 = 0.6, at least 1`. */
  rounding: string;
  /** One sum per batch, as if every earlier batch had come back into service. */
  budget: BudgetSum[];
}

/** No batch after the bastion takes more than this share of the group, whatever was asked for. */
const MOST_PERCENT_OF_A_BATCH = 50;

/** What the slicing goes by. */
type Slicing = Pick<ReleaseConfig, 'batchPercent' | 'batchShares' | 'waves'>;

/**
 * Slices a group into batches. Members that do not serve come first, by index: replacing them costs nothing, and so a
 * broken version can be replaced. Then those that serve, dealt round robin over the AzSets, so that a batch never falls
 * on one AZ while others have members left. The first of this order is the bastion: batch 0, alone.
 *
 * Size of the other batches: max(1, ⌊batchPercent·d/100⌋) of the d members, and never over max(1, ⌊d/2⌋). With
 * `batchShares` each batch ends at its cumulated share of the members after the bastion, rounded down, and never takes
 * more than the brake lets out at once; what that leaves over follows in further batches.
 * Every member is in exactly one batch; no batch is empty; no members, no batch.
 *
 * Of an ordered set a batch has one member at most: those that do not serve from the first, since the later ones are not
 * made before it is well; then those that serve from the last, so that one that breaks holds up only what was replaced
 * already. What finds no room in its batch for that comes in the next.
 *
 * In waves all members that serve in one IDC, or in one AZ, come before those of the next, in the order of their first
 * members; no batch has such of two waves.
 *
 * With every earlier batch back in service each batch passes the brake, whatever was broken at the start: only
 * instances that fail to come back can trip it.
 *
 * @param options.bastion false: the batches begin at once, numbered from 1
 * @param options.desired size of the group where the members are a part of it
 */
export function planBatches(
  members: PlannedMember[],
  config: Slicing,
  options: { bastion?: boolean; desired?: number } = {},
): BatchPlan {
  const { bastion = true, desired = members.length } = options;
  const order = inOrder(members, config.waves);
  const first = bastion ? 1 : 0;
  const { sizes, rounding } = batchSizes(Math.max(0, order.length - first), desired, config);

  const slices = sliced(order, bastion ? [1, ...sizes] : sizes, config.waves);
  const waves = [...new Set(order.flatMap((member) => waveOf(member, config.waves) ?? []))];

  let serving = members.filter((member) => member.serving).length + (desired - members.length);
  const budget = slices.map((slice) => {
    const taken = slice.filter((member) => member.serving).length;
    const sum = brake({ desired, batchPercent: config.batchPercent, serving, taken });
    serving += slice.length - taken;
    return sum;
  });

  return {
    batches: slices.map((slice, index) => ({
      index: bastion ? index : index + 1,
      members: slice.map((member) => member.instance),
      ...waveIn(slice, config.waves),
    })),
    rounding: waves.length < 2 ? rounding : `${rounding}; wave by wave: ${waves.join(', then ')}`,
    budget,
  };
}

/**
 * In that order, but for members that wait because another one of their ordered set is in the slice. While one that does
 * not serve waits, none that does is taken: that it costs nothing to replace the others first is what the brake counts on.
 */
function sliced(order: PlannedMember[], sizes: number[], waves: Slicing['waves']): PlannedMember[][] {
  const slices: PlannedMember[][] = [];
  let left = order;
  while (left.length > 0) {
    const size = sizes[slices.length] ?? sizes.at(-1) ?? 1;
    const slice: PlannedMember[] = [];
    const waiting: PlannedMember[] = [];
    const taken = new Set<string>();
    let outWaits = false;
    let current: string | undefined;
    for (const member of left) {
      const set = setOf(member.instance);
      const isTaken = member.ordered === true && taken.has(set);
      const wave = waveOf(member, waves);
      const isLater = current !== undefined && wave !== undefined && wave !== current;
      if (slice.length === size || isTaken || isLater || (member.serving && outWaits)) {
        waiting.push(member);
        outWaits ||= !member.serving;
      } else {
        slice.push(member);
        taken.add(set);
        current ??= wave;
      }
    }
    slices.push(slice);
    left = waiting;
  }
  return slices;
}

/** @param count members after the bastion */
function batchSizes(count: number, desired: number, config: Slicing): { sizes: number[]; rounding: string } {
  const half = Math.max(1, Math.floor((desired * MOST_PERCENT_OF_A_BATCH) / 100));
  if (config.batchShares === undefined) {
    const { size, rounding } = evenSize(desired, half, config.batchPercent);
    return { sizes: chop(count, size), rounding };
  }
  const allowed = Math.min(half, Math.max(1, desired - floorOf(desired, brakePercent(config.batchPercent))));
  const sizes: number[] = [];
  let [share, at] = [0, 0];
  for (const percent of config.batchShares) {
    share += percent;
    const size = Math.min(Math.floor((share * count) / 100) - at, allowed);
    if (size > 0) sizes.push(size);
    at += Math.max(0, size);
  }
  sizes.push(...chop(count - at, allowed));
  const asked = config.batchShares.map((percent) => `${percent} %`).join(' + ');
  return { sizes, rounding: `${asked} of the ${count} after the bastion: ${sizes.join(' + ') || 'none'}` };
}

function chop(count: number, size: number): number[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => Math.min(size, count - i * size));
}

function evenSize(desired: number, half: number, batchPercent: number): { size: number; rounding: string } {
  const exact = (desired * batchPercent) / 100;
  const wanted = Math.max(1, Math.floor(exact));
  const size = Math.min(wanted, half);
  if (desired === 0) return { size, rounding: 'no instances, no batches' };

  let rounding = `${batchPercent} % of ${desired} = ${Number(exact.toFixed(2))}`;
  if (exact < 1) rounding += ', at least 1';
  else if (exact !== wanted) rounding += `, rounded down to ${wanted}`;
  if (size < wanted) rounding += `, at most ${MOST_PERCENT_OF_A_BATCH} % = ${size}`;
  return { size, rounding };
}

function inOrder(members: PlannedMember[], waves: Slicing['waves']): PlannedMember[] {
  const byIndex = members.toSorted((a, b) => a.instance.index - b.instance.index);
  const out = byIndex.filter((member) => !member.serving);
  const serving = byIndex.filter((member) => member.serving);
  const inWaves = [...Map.groupBy(serving, (member) => waveOf(member, waves)).values()];
  return [...out, ...inWaves.flatMap(roundRobin)];
}

/** Undefined where batches are spread over all, and for what does not serve: replacing that takes nothing from any wave. */
function waveOf({ instance: { azSet }, serving }: PlannedMember, waves: Slicing['waves'] = 'none'): string | undefined {
  if (!serving || waves === 'none') return undefined;
  return waves === 'idc' ? azSet.idc : azLabel(azSet);
}

function waveIn(slice: PlannedMember[], waves: Slicing['waves']): Pick<Batch, 'wave'> {
  const [wave] = slice.flatMap((member) => waveOf(member, waves) ?? []);
  return wave === undefined ? {} : { wave };
}

function setOf({ azSet }: InstanceRef): string {
  return `${azSet.idc}/${azSet.cluster}/${azSet.name}`;
}

/** Deals members over their AzSets: the sets in the order of their first member, each set's members by index. */
function roundRobin(members: PlannedMember[]): PlannedMember[] {
  const sets = [...Map.groupBy(members, ({ instance }) => setOf(instance)).values()].map((set) =>
    set[0]?.ordered === true ? set.toSorted(lastFirst) : set,
  );
  const dealt: PlannedMember[] = [];
  for (let round = 0; dealt.length < members.length; round++) {
    for (const set of sets) {
      const member = set[round];
      if (member !== undefined) dealt.push(member);
    }
  }
  return dealt;
}

function lastFirst({ instance: a }: PlannedMember, { instance: b }: PlannedMember): number {
  return ordinalOf(b.member) - ordinalOf(a.member);
}
