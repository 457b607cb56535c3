import { revert } from '../deploy/revert.ts';
import { notFound } from '../errors.ts';
import { deploymentAnswer, flag, type Answer, type Call } from './call.ts';

/** GET /v2/deployments */
export function listDeployments({ leader }: Call): Answer {
  return { status: 200, body: leader.deployments.show() };
}

/**
 * DELETE /v2/deployments/{id}: turned back by a new deployment; with `force` only abandoned, half way, without a body.
 * @throws Refusal 404
 */
export function cancelDeployment(call: Call): Answer {
  const { deployments, groups } = call.leader;
  const id = call.params[0] ?? '';
  const plan = deployments.get(id);
  if (!plan) throw notFound(`DeploymentPlan ${id} does not exist`);
  if (flag(call, 'force')) {
    deployments.cancel(id);
    return { status: 202 };
  }
  return deploymentAnswer(groups.update({ group: '/', force: true, change: (root) => revert(plan, root) }));
}
