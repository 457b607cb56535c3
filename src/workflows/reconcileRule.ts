import { isCancellation, patched, proxyActivities } from '@temporalio/workflow';
import type { ImageActivities } from '../activities/image.ts';
import type { ReconcileActivities, RuleInForce } from '../activities/reconcile.ts';
import type { Comparison, Drift, Extra, Held, Missing, TagDrop } from '../domain/sync/drift.ts';
import { CONTROL_QUEUE, idcQueue } from '../temporal/names.ts';
import { bookkeeping, compareStep, longWait } from '../temporal/policies.ts';
import type { ReconcileInput } from '../temporal/reconcile.ts';
import { accountOf, emptyDrift, type Finding } from './reconcile/account.ts';
import { troubleOf } from './troubles.ts';

/** How long all that is missing may take; what is left is found again. */
const BRING_MS = 14_400_000;

/** Runs of before this neither delete tags nor keep how they ended. */
const KEPT = 'comparisons-are-kept';

/** After this a comparison ends as a result that people read; before it told less. */
export type Reconciled = Comparison;

/**
 * Compares what a sync rule brings with what its registries have, and asks for what is missing: what no webhook told of, tags
 * that were moved, what was lost. Deletes tags that the source has no more, where the rule says so. Started by a schedule for
 * each rule, by a person, and for one repository by a webhook that tells of a deletion. A registry that does not answer
 * keeps no other from it.
 */
export async function reconcileRule(input: ReconcileInput): Promise<Reconciled | null> {
  const { name, repository, by = 'schedule', dryRun = false } = input;
  const startedAt = Date.now();
  const control = proxyActivities<ReconcileActivities>({ ...bookkeeping(), taskQueue: CONTROL_QUEUE });
  const found = await control.readRule.executeWithOptions({ summary: `read rule ${name}` }, [{ name }]);
  if (found === null) return null;
  const findings = await compareAll(found, input);
  const missing = merged(
    findings.flatMap(({ drift }) => drift.missing),
    (one) => `${one.repository}:${one.tag}@${one.digest}`,
  );
  const isKept = patched(KEPT);
  const { held, drops } = isKept ? await deleteExtra(found, input, findings) : { held: [], drops: [] };
  const account = (asked: number, late: number | null): Comparison => ({
    ...{ revision: found.revision, by, startedAt: new Date(startedAt).toISOString() },
    ...{ seconds: (Date.now() - startedAt) / 1_000, asked, late },
    ...accountOf(findings, held, drops),
  });
  const result = account(dryRun ? 0 : missing.length, dryRun || missing.length === 0 ? 0 : null);
  if (dryRun) return result;
  const keep = async (comparison: Comparison): Promise<void> => {
    if (!isKept || repository !== undefined) return;
    await control.recordComparison.executeWithOptions({ summary: 'keep how it ended' }, [{ name, comparison }]);
  };
  await keep(result);
  if (missing.length === 0) return result;
  const { bringMissing } = proxyActivities<Pick<ReconcileActivities, 'bringMissing'>>({
    ...longWait(undefined, BRING_MS),
    ...{ taskQueue: CONTROL_QUEUE, summary: `bring ${String(missing.length)} images` },
  });
  const brought = { ...result, ...(await bringMissing({ rule: found.rule, from: found.from, missing })) };
  await keep(brought);
  return brought;
}

/** IDC by IDC, all at once; why one could not be is its finding. */
async function compareAll({ rule, from, to }: RuleInForce, { repository }: ReconcileInput): Promise<Finding[]> {
  return Promise.all(
    [...new Set(to.map(({ idc }) => idc))].map(async (idc): Promise<Finding> => {
      const registries = to.filter((registry) => registry.idc === idc).map((registry) => registry.name);
      const { compareRegistries } = proxyActivities<Pick<ImageActivities, 'compareRegistries'>>({
        ...compareStep(),
        ...{ taskQueue: idcQueue(idc), summary: `compare ${registries.join(', ')} with ${from.name}` },
        priority: { priorityKey: 5 },
      });
      try {
        const only = repository === undefined ? {} : { repository };
        // A worker of the release before does not tell all of it.
        const drift: Partial<Drift> = await compareRegistries({ rule, to: registries, ...only });
        const [trouble = null] = Object.values(drift.away ?? {});
        return { idc, registries, drift: { ...emptyDrift(), ...drift }, trouble };
      } catch (error) {
        if (isCancellation(error)) throw error;
        return { idc, registries, drift: emptyDrift(), trouble: troubleOf(error) };
      }
    }),
  );
}

/** What the source has no more goes where it may, after another look at both. A dry run only says what may. */
async function deleteExtra(
  { rule, from }: RuleInForce,
  { name, by, dryRun = false, allow = {} }: ReconcileInput,
  findings: Finding[],
): Promise<{ held: Held[]; drops: TagDrop[] }> {
  const extra = merged(
    findings.flatMap(({ drift }) => drift.extra),
    (one) => `${one.repository}:${one.tag}@${one.digest} ${String(one.isWhole)}`,
  );
  if (extra.length === 0) return { held: [], drops: [] };
  const { judgeDeletions, recordDrops } = proxyActivities<Pick<ReconcileActivities, 'judgeDeletions' | 'recordDrops'>>({
    ...bookkeeping(),
    ...{ taskQueue: CONTROL_QUEUE, summary: `${String(extra.length)} tags that ${from.name} has no more` },
  });
  const { allowed, held } = await judgeDeletions({ name, extra, allow, byHand: by !== undefined });
  if (dryRun) return { held, drops: allowed.flatMap(dropsOf) };
  const drops = await Promise.all(
    findings.map(async (finding): Promise<TagDrop[]> => {
      const tags = allowed.flatMap(({ repository, tag, digest, to }): Omit<Extra, 'isWhole'>[] => {
        const here = to.filter((registry) => finding.registries.includes(registry));
        return here.length === 0 ? [] : [{ repository, tag, digest, to: here }];
      });
      if (tags.length === 0) return [];
      const { dropTags } = proxyActivities<Pick<ImageActivities, 'dropTags'>>({
        ...compareStep(),
        ...{ taskQueue: idcQueue(finding.idc), summary: `delete ${String(tags.length)} tags` },
        priority: { priorityKey: 5 },
      });
      try {
        const repositories = allow.repositories ?? rule.deletions.repositories;
        const done = await dropTags({ from: from.name, tags, repositories });
        await recordDrops({ name, drops: done });
        return done;
      } catch (error) {
        if (isCancellation(error)) throw error;
        finding.trouble = troubleOf(error);
        return [];
      }
    }),
  );
  return { held, drops: drops.flat() };
}

function dropsOf({ repository, tag, digest, to }: Extra): TagDrop[] {
  return to.map((registry) => ({ registry, repository, tag, digest, outcome: 'deleted', detail: '' }));
}

/** One for all IDCs: its sync is one, and it is counted once. */
function merged<T extends Missing | Extra>(all: readonly T[], keyOf: (one: T) => string): T[] {
  const found = new Map<string, T>();
  for (const one of all) {
    const known = found.get(keyOf(one));
    found.set(keyOf(one), known === undefined ? one : { ...known, to: [...known.to, ...one.to] });
  }
  return [...found.values()];
}
