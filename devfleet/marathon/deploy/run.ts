import type { App } from '../app/types.ts';
import { isOver } from '../instances/condition.ts';
import type { Action, Step } from '../types.ts';
import { until, type StepContext } from './around.ts';
import { showPlan, showStep, type DeploymentPlan } from './plan.ts';
import { replaceInstances } from './replace.ts';
import { proposeScaling } from './scaling.ts';
import { startInstances } from './start.ts';

/**
 * Takes a deployment's steps one after the other, the actions of a step at once (DeploymentActor.scala).
 * @param atStep called as each begins, counted from 1
 * @throws what the signal aborts with
 */
export async function runDeployment(
  plan: DeploymentPlan,
  context: StepContext,
  atStep: (step: Step, index: number) => void,
): Promise<void> {
  const { bus } = context.around;
  for (const [index, step] of plan.steps.entries()) {
    atStep(step, index + 1);
    const shown = { plan: showPlan(plan), currentStep: showStep(step) };
    bus.publish('deployment_info', shown);
    try {
      await Promise.all(step.actions.map((action) => perform(action, context)));
    } catch (error) {
      // A cancelled deployment's actions end with it, unheard.
      if (!context.signal.aborted) bus.publish('deployment_step_failure', shown);
      throw error;
    }
    bus.publish('deployment_step_success', shown);
  }
}

async function perform({ action, app, sentenced }: Action, context: StepContext): Promise<void> {
  context.around.health.addAllFor(app);
  switch (action) {
    case 'StartApplication':
      return;
    case 'ScaleApplication':
      await scale(app, sentenced, context);
      return;
    case 'RestartApplication':
      await replaceInstances(app, context);
      return;
    case 'StopApplication':
      await stop(app, context);
      return;
  }
}

async function scale(app: App, sentenced: string[], context: StepContext): Promise<void> {
  const { tracker } = context.around;
  const { toDecommission } = proposeScaling(app, tracker.of(app.id), sentenced, app.instances);
  for (const { id } of toDecommission) tracker.setGoal(id, 'Decommissioned');
  await until(tracker, context.signal, () =>
    toDecommission.every(({ id, task }) => {
      const now = tracker.get(id);
      return now === undefined || isOver(now.condition) || now.task?.id !== task?.id;
    }),
  );
  await startInstances(app, app.instances, context);
}

async function stop(app: App, { around, signal }: StepContext): Promise<void> {
  const { tracker, health, queue, bus, store } = around;
  health.removeAllFor(app.id);
  const ids = tracker.of(app.id).map(({ id }) => id);
  for (const id of ids) tracker.setGoal(id, 'Decommissioned');
  await until(tracker, signal, () =>
    ids.every((id) => {
      const now = tracker.get(id);
      return now === undefined || (now.goal === 'Decommissioned' && isOver(now.condition));
    }),
  );
  queue.forget(app);
  store.failures.delete(app.id);
  bus.publish('app_terminated_event', { appId: app.id });
}
