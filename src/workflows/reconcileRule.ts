import { isCancellation, proxyActivities } from '@temporalio/workflow';
import type { ImageActivities } from '../activities/image.ts';
import type { ReconcileActivities } from '../activities/reconcile.ts';
import type { Missing } from '../domain/sync/drift.ts';
import type { Trouble } from '../domain/types.ts';
import { CONTROL_QUEUE, idcQueue } from '../temporal/names.ts';
import { bookkeeping, compareStep, longWait } from '../temporal/policies.ts';
import { troubleOf } from './troubles.ts';

/** How long all that is missing may take; what is left is found again. */
const BRING_MS = 14_400_000;

export interface Reconciled {
  /** Of each IDC how many tags were compared; why not, where they could not be. */
  idcs: Record<string, { checked: number; trouble: Trouble | null }>;
  /** Images that were missing somewhere, and were asked for; how many had not got there in time. */
  asked: number;
  late: number;
}

/**
 * Compares what a sync rule brings with what its registries have, and asks for what is missing: what no webhook told of, tags
 * that were moved, what was lost. Started by a schedule for each rule. An IDC that does not answer keeps no other from it.
 */
export async function reconcileRule({ name }: { name: string }): Promise<Reconciled | null> {
  const { readRule } = proxyActivities<Pick<ReconcileActivities, 'readRule'>>({
    ...bookkeeping(),
    ...{ taskQueue: CONTROL_QUEUE, summary: `read rule ${name}` },
  });
  const found = await readRule({ name });
  if (found === null) return null;
  const { rule, from, to } = found;
  const result: Reconciled = { idcs: {}, asked: 0, late: 0 };
  const missing = new Map<string, Missing>();
  await Promise.all(
    [...new Set(to.map(({ idc }) => idc))].map(async (idc) => {
      const registries = to.filter((registry) => registry.idc === idc).map((registry) => registry.name);
      const { compareRegistries } = proxyActivities<Pick<ImageActivities, 'compareRegistries'>>({
        ...compareStep(),
        ...{ taskQueue: idcQueue(idc), summary: `compare ${registries.join(', ')} with ${from.name}` },
        priority: { priorityKey: 5 },
      });
      try {
        const drift = await compareRegistries({ rule, to: registries });
        result.idcs[idc] = { checked: drift.checked, trouble: null };
        for (const one of drift.missing) merge(missing, one);
      } catch (error) {
        if (isCancellation(error)) throw error;
        result.idcs[idc] = { checked: 0, trouble: troubleOf(error) };
      }
    }),
  );
  if (missing.size === 0) return result;
  const { bringMissing } = proxyActivities<Pick<ReconcileActivities, 'bringMissing'>>({
    ...longWait(undefined, BRING_MS),
    ...{ taskQueue: CONTROL_QUEUE, summary: `bring ${String(missing.size)} images` },
  });
  return { ...result, ...(await bringMissing({ rule, from, missing: [...missing.values()] })) };
}

/** One image for all IDCs that lack it: its sync is one. */
function merge(all: Map<string, Missing>, one: Missing): void {
  const key = `${one.repository}:${one.tag}@${one.digest}`;
  const known = all.get(key);
  all.set(key, known === undefined ? one : { ...known, to: [...known.to, ...one.to] });
}
