import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { ANNOTATION, OPEN } from '../../kubernetes/labels.ts';
import type { StatefulSet } from '../../kubernetes/resources.ts';
import type { Guard, ReplaceTarget, Waiting } from '../index.ts';
import { fingerprint, foreignWriters } from './fingerprint.ts';
import { gate, gatedFor, ungate } from './gate.ts';
import { defaulted, dropGated, restOn, writeTemplate } from './rest.ts';
import type { Revisions } from './revisions.ts';
import { ownGroup, waitObserved } from './sets.ts';

/**
 * Opens the set: what ends in it comes back on the target, and nothing ends by itself. That is the strategy OnDelete.
 * Under a lowered partition the controller would delete pods of another revision by itself, in traffic or out of it, and
 * without asking budgets (docs/adr/0002).
 */
export async function openSet(
  cluster: Cluster,
  revisions: Revisions,
  ref: AzSetRef,
  { revision }: ReplaceTarget,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  for (;;) {
    const set = await waitObserved(cluster, ref, 0, waiting);
    ownGroup(set);
    const template = await defaulted(cluster.api, set, gate(await revisions.get(ref.namespace, revision), revision));
    const annotations = { [ANNOTATION.template]: fingerprint(template) };
    const written = await writeTemplate(cluster.api, set, { template, strategy: OPEN, annotations }, guard);
    if (written === null) continue;
    // Until the controller has seen it, what ends comes back on the old revision.
    await waitObserved(cluster, ref, written.metadata.generation ?? 0, waiting);
    return;
  }
}

/** @throws FOREIGN_TEMPLATE unless the set is open for the revision */
export function checkOpen({ metadata, spec }: StatefulSet, revision: string): void {
  if (gatedFor(spec.template) === revision && spec.updateStrategy?.type === OPEN.type) return;
  throw new TransshipError(
    'FOREIGN_TEMPLATE',
    `${metadata.name} is not open for ${revision} any more: somebody changed its template or its update strategy`,
  );
}

/**
 * Adopts: parks the set on the template that the gated one stands for, lets every pod claim what it is of, and waits for
 * the barrier. Does nothing where the set is not open. Where somebody else changed the template meanwhile, the change is
 * kept, and parked.
 * @throws FOREIGN_TEMPLATE
 */
export async function closeSet(cluster: Cluster, ref: AzSetRef, guard: Guard, waiting: Waiting): Promise<void> {
  for (;;) {
    const set = await waitObserved(cluster, ref, 0, waiting);
    const writers = foreignWriters(set);
    const template = ungate(set.spec.template);
    const annotations = writers === null ? { [ANNOTATION.template]: fingerprint(template) } : {};
    const rested = await restOn(cluster, ref, set, { template, annotations }, guard, waiting);
    if (rested === null) continue;
    await dropGated(cluster.api, rested, guard);
    if (writers === null) return;
    throw new TransshipError(
      'FOREIGN_TEMPLATE',
      `the template of ${ref.name} was changed by ${writers}; it is parked and moves no instance`,
    );
  }
}
