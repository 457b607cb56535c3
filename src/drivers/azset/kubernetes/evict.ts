import { TransshipError } from '../../../domain/errors.ts';
import type { ApiServer } from '../../kubernetes/api.ts';
import { isStatus } from '../../kubernetes/errors.ts';
import { paths } from '../../kubernetes/paths.ts';
import { isConditionTrue } from '../../kubernetes/pods.ts';
import type { Pod } from '../../kubernetes/resources.ts';
import type { Guard } from '../index.ts';

/**
 * Asks for this very pod to be removed, by eviction: unlike a plain delete it asks the disruption budgets. Only a pod that
 * is not Ready, which no budget counts on, is deleted where they refuse, as it was read.
 * @returns what a budget says against it; null when nothing does: the next read tells what became of the pod
 * @throws BUDGETS_CONFLICT
 */
export async function evict(api: ApiServer, pod: Pod, guard: Guard): Promise<string | null> {
  const { namespace, name, uid, resourceVersion } = pod.metadata;
  await guard();
  try {
    await api.create(paths.eviction(namespace, name), {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { namespace, name },
      deleteOptions: { preconditions: { uid, resourceVersion } },
    });
    return null;
  } catch (error) {
    // 404: gone; 409: another pod, or one that was changed since it was read.
    if (isStatus(error, 404, 409)) return null;
    const isBudget = isStatus(error, 429);
    const isConflict = isStatus(error, 500) && /more than one PodDisruptionBudget/.test(error.message);
    if (!isBudget && !isConflict) throw error;
    if (!isConditionTrue(pod, 'Ready')) {
      await guard();
      await api.delete(paths.pods(namespace, name), uid, { resourceVersion });
      return null;
    }
    if (isBudget) return error.causes.join('; ') || error.message;
    throw new TransshipError(
      'BUDGETS_CONFLICT',
      `more than one PodDisruptionBudget selects ${name} in ${api.name}/${namespace}`,
      { cause: error },
    );
  }
}
