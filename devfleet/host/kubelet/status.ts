import { apiTime, type Condition, type ContainerStatus, type Pod, type PodStatus } from './pod.ts';

/** What the status of a pod is made from. */
export interface PodFacts {
  pod: Pod;
  hostAddress: string;
  /** Null until the sandbox has it. */
  address: string | null;
  startTime: string;
  /** Null: left out. (The API server keeps a number that it once had.) */
  observedGeneration: number | null;
  initialized: boolean;
  init: ContainerStatus[];
  /** Names of the init containers that are sidecars. */
  sidecars: ReadonlySet<string>;
  main: ContainerStatus[];
  /** Set when the pod is over for a reason of the node's. */
  evicted: string | null;
  /** All containers have stopped and none will start again. */
  over: boolean;
  /** Conditions as last computed (or as the API had them), for the times of transition. */
  before: Condition[];
}

type Verdict = [type: string, status: 'True' | 'False', reason?: string, message?: string];

/** The status that a kubelet writes; pure. `null` in a field deletes it in a merge patch. */
export function podStatus(facts: PodFacts, now: Date): PodStatus {
  const { pod, address, hostAddress, evicted, observedGeneration } = facts;
  const phase = podPhase(facts);
  const observed = observedGeneration === null ? {} : { observedGeneration };
  return {
    ...observed,
    phase,
    reason: evicted !== null && phase === 'Failed' ? 'Evicted' : null,
    message: evicted !== null && phase === 'Failed' ? evicted : null,
    hostIP: hostAddress,
    hostIPs: [{ ip: hostAddress }],
    ...(address === null ? {} : { podIP: address, podIPs: [{ ip: address }] }),
    startTime: facts.startTime,
    conditions: verdicts(facts, phase).map(([type, status, reason, message]) => {
      const before = facts.before.find((condition) => condition.type === type);
      const since = before?.status === status ? before.lastTransitionTime : undefined;
      return {
        type,
        status,
        ...observed,
        lastTransitionTime: since ?? apiTime(now),
        reason: reason ?? null,
        message: message ?? null,
      };
    }),
    ...(pod.spec.initContainers === undefined ? {} : { initContainerStatuses: facts.init }),
    containerStatuses: facts.main,
  };
}

function podPhase({
  pod,
  initialized,
  init,
  sidecars,
  main,
  evicted,
  over,
}: PodFacts): NonNullable<PodStatus['phase']> {
  const policy = pod.spec.restartPolicy ?? 'Always';
  if (evicted !== null && over) return 'Failed';
  if (!initialized && !over) {
    const broken = init.some(({ name, state }) => !sidecars.has(name) && (state.terminated?.exitCode ?? 0) !== 0);
    return broken && policy === 'Never' ? 'Failed' : 'Pending';
  }
  const ends = main.map(({ state }) => state.terminated);
  const allEnded = ends.every((end) => end !== undefined);
  if (over && allEnded) return ends.every((end) => end.exitCode === 0) ? 'Succeeded' : 'Failed';
  // A kubelet never says Running of a pod one of whose containers has not been started yet.
  if (main.some(({ state, lastState }) => state.waiting && !lastState.terminated)) return over ? 'Failed' : 'Pending';
  if (!allEnded || policy === 'Always') return 'Running';
  if (ends.every((end) => end.exitCode === 0)) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

function verdicts(facts: PodFacts, phase: NonNullable<PodStatus['phase']>): Verdict[] {
  const { pod, address, initialized, init, sidecars, main, evicted, over } = facts;
  const list: Verdict[] = [];
  if (evicted !== null) list.push(['DisruptionTarget', 'True', 'TerminationByKubelet', evicted]);
  list.push(['PodReadyToStartContainers', address !== null && !over ? 'True' : 'False']);
  if (initialized) {
    list.push(['Initialized', 'True']);
  } else {
    const names = init.filter(({ ready }) => !ready).map(({ name }) => name);
    list.push([
      'Initialized',
      'False',
      'ContainersNotInitialized',
      `containers with incomplete status: [${names.join(' ')}]`,
    ]);
  }
  const containers = containersReady(phase, [...init.filter(({ name }) => sidecars.has(name)), ...main]);
  list.push(['Ready', ...podReady(pod, containers)], ['ContainersReady', ...containers]);
  list.push(['PodScheduled', 'True']);
  return list;
}

type Rest = [status: 'True' | 'False', reason?: string, message?: string];

function containersReady(phase: PodStatus['phase'], statuses: ContainerStatus[]): Rest {
  if (phase === 'Succeeded') return ['False', 'PodCompleted'];
  if (phase === 'Failed') return ['False', 'PodFailed'];
  const unready = statuses.filter(({ ready }) => !ready).map(({ name }) => name);
  if (unready.length === 0) return ['True'];
  return ['False', 'ContainersNotReady', `containers with unready status: [${unready.join(' ')}]`];
}

function podReady(pod: Pod, containers: Rest): Rest {
  if (containers[0] === 'False') return containers;
  const missing = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (gate?.status === 'True') return [];
    return [
      gate === undefined
        ? `corresponding condition of pod readiness gate "${conditionType}" does not exist.`
        : `the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`,
    ];
  });
  return missing.length === 0 ? ['True'] : ['False', 'ReadinessGatesNotReady', missing.join(', ')];
}

/** Somebody else wrote over what the kubelet says (a node controller after an outage, …). */
export function contradicts(ours: PodStatus, theirs: PodStatus | undefined): boolean {
  if (ours.phase !== theirs?.phase) return true;
  return (ours.conditions ?? []).some(
    ({ type, status }) => theirs?.conditions?.find((one) => one.type === type)?.status !== status,
  );
}
