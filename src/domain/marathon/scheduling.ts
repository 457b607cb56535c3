import type { Part } from '../input/fault.ts';
import { inPod } from './draft.ts';
import type { Job } from './job.ts';

/** How tasks are started again, replaced, killed, and where offers come from. */
export function translateScheduling(job: Job): void {
  const { app, draft, ledger } = job;
  for (const key of ['backoffSeconds', 'backoffFactor', 'maxLaunchDelaySeconds'])
    ledger.notNeeded(app.get(key), 'kubernetes', 'the kubelet waits longer each time, up to 5 minutes');
  const upgrade = app.get('upgradeStrategy');
  for (const key of ['minimumHealthCapacity', 'maximumOverCapacity'])
    ledger.notNeeded(upgrade.get(key), 'transship', 'releases go in place, within the budget of the brake');
  const residency = app.get('residency');
  for (const key of ['relaunchEscalationTimeoutSeconds', 'taskLostBehavior'])
    ledger.notNeeded(residency.get(key), 'ignored', 'deprecated');

  const grace = app.get('taskKillGracePeriodSeconds');
  if (grace.number !== undefined && Number.isInteger(grace.number) && grace.number >= 0)
    ledger.translated(grace, draft.put(inPod('terminationGracePeriodSeconds'), grace.number));
  const kill = app.get('killSelection');
  if (kill.text === 'YOUNGEST_FIRST') ledger.notNeeded(kill, 'kubernetes', 'the last of a set go first');
  else if (kill.text === 'OLDEST_FIRST')
    ledger.person(kill, 'order', 'the last of a set go first, whatever their age: see that this is right');
  translateUnreachable(job);

  ledgerOfRoles(job);
  const executor = app.get('executor');
  if (executor.text === '' || executor.text === '//cmd') ledger.notNeeded(executor, 'default');
  else if (executor.text !== undefined)
    ledger.person(executor, 'command', 'there are no executors: make what it does a part of the image');
  for (const dependency of app.get('dependencies').items())
    ledger.person(dependency, 'order', 'apps are released one by one: release that one first');
}

/** Instances on a node that does not answer: Kubernetes evicts them after 5 minutes, where no toleration says otherwise. */
function translateUnreachable({ app, draft, ledger }: Job): void {
  const strategy = app.get('unreachableStrategy');
  const tolerate = (seconds: object): string[] =>
    ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready'].map((key) =>
      draft.push(inPod('tolerations'), { key, operator: 'Exists', effect: 'NoExecute', ...seconds }),
    );
  if (strategy.text === 'disabled') ledger.translated(strategy, tolerate({}));
  const [inactive, expunge] = [strategy.get('inactiveAfterSeconds'), strategy.get('expungeAfterSeconds')];
  if (inactive.number === 0) ledger.notNeeded(inactive, 'default');
  else if (inactive.number !== undefined && inactive.number > 0)
    ledger.translated(inactive, tolerate({ tolerationSeconds: inactive.number }));
  if (expunge.number === 0) ledger.notNeeded(expunge, 'default');
  else ledger.notNeeded(expunge, 'kubernetes', 'a node that comes back ends what was evicted from it');
}

/** Roles divide the resources of a Mesos cluster. `*` is that of everybody. */
function ledgerOfRoles({ app, ledger }: Job): void {
  const [accepted, role] = [app.get('acceptedResourceRoles'), app.get('role')];
  const tell = (part: Part): void => {
    const only = part.items().length === 0 ? [part] : part.items();
    if (only.every(({ text }) => text === '*')) ledger.notNeeded(part, 'default');
    else ledger.person(part, 'hosts', 'roles divide a Mesos cluster: which nodes are it, and what is their quota?');
  };
  if (accepted.items().length > 0) tell(accepted);
  if (role.text !== undefined && role.text !== '') tell(role);
}
