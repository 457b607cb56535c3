import { describe, expect, test } from 'vitest';
import type { ContainerStatus, Pod } from '../../devfleet/host/kubelet/pod.ts';
import { contradicts, podStatus, type PodFacts } from '../../devfleet/host/kubelet/status.ts';

const base = { image: 'i', imageID: '', started: true, restartCount: 0, lastState: {} };
const running: ContainerStatus = { ...base, name: 'web', ready: true, state: { running: { startedAt: 'x' } } };
const ended = (exitCode: number): ContainerStatus => ({
  ...base,
  name: 'web',
  ready: false,
  state: { terminated: { exitCode, reason: 'x', startedAt: 'x', finishedAt: 'x' } },
});
const creating: ContainerStatus = {
  ...base,
  name: 'web',
  ready: false,
  state: { waiting: { reason: 'ContainerCreating' } },
};

function facts(more: Partial<PodFacts>, spec: Partial<Pod['spec']> = {}): PodFacts {
  const metadata = { name: 'web-0', namespace: 'pro', uid: 'u', resourceVersion: '1' };
  return {
    pod: { metadata, spec: { containers: [], ...spec } },
    hostAddress: '10.1.0.1',
    address: '10.1.1.10',
    startTime: 'x',
    observedGeneration: 1,
    initialized: true,
    init: [],
    sidecars: new Set(),
    main: [running],
    evicted: null,
    over: false,
    before: [],
    ...more,
  };
}

const at = new Date('2026-01-01T00:00:10.900Z');
const conditionOf = (status: ReturnType<typeof podStatus>, type: string) =>
  status.conditions?.find((one) => one.type === type);

describe('pod status', () => {
  test.each([
    ['Running', {}, {}],
    ['Pending', { main: [creating] }, {}],
    ['Pending', { main: [running, creating] }, {}],
    ['Pending', { initialized: false, main: [creating] }, {}],
    ['Running', { main: [ended(1)] }, {}],
    ['Running', { main: [ended(1)] }, { restartPolicy: 'OnFailure' as const }],
    ['Succeeded', { main: [ended(0)] }, { restartPolicy: 'OnFailure' as const }],
    ['Failed', { main: [ended(0), ended(1)] }, { restartPolicy: 'Never' as const }],
    ['Failed', { main: [ended(0)], evicted: 'low on memory', over: true }, {}],
    ['Running', { main: [running], evicted: 'low on memory' }, {}],
    ['Succeeded', { main: [ended(0)], over: true }, {}],
  ])('phase %s', (phase, more, spec) => {
    expect(podStatus(facts(more, spec), at).phase).toBe(phase);
  });

  test('a transition has the time of the change, no other', () => {
    const first = podStatus(facts({}), at);
    expect(conditionOf(first, 'Ready')?.lastTransitionTime).toBe('2026-01-01T00:00:10Z');
    const later = new Date('2026-01-01T00:01:00Z');
    const same = podStatus(facts({ before: first.conditions ?? [] }), later);
    expect(conditionOf(same, 'Ready')?.lastTransitionTime).toBe('2026-01-01T00:00:10Z');
    const changed = podStatus(facts({ main: [creating], before: first.conditions ?? [] }), later);
    expect(conditionOf(changed, 'Ready')).toMatchObject({
      status: 'False',
      lastTransitionTime: '2026-01-01T00:01:00Z',
    });
    expect(conditionOf(changed, 'Initialized')?.lastTransitionTime).toBe('2026-01-01T00:00:10Z');
  });

  test('a sidecar counts for Ready, an ordinary init container does not', () => {
    const sidecar = { ...creating, name: 'sidecar' };
    const init = { ...ended(0), name: 'once' };
    expect(conditionOf(podStatus(facts({ init: [init] }), at), 'Ready')?.status).toBe('True');
    const status = podStatus(facts({ init: [init, sidecar], sidecars: new Set(['sidecar']) }), at);
    expect(conditionOf(status, 'Ready')).toMatchObject({
      status: 'False',
      message: 'containers with unready status: [sidecar]',
    });
  });

  test('what another wrote over it is a contradiction, what another added is not', () => {
    const ours = podStatus(facts({}), at);
    expect(contradicts(ours, ours)).toBe(false);
    expect(
      contradicts(ours, { ...ours, conditions: [...(ours.conditions ?? []), { type: 'x', status: 'True' }] }),
    ).toBe(false);
    const lost = (ours.conditions ?? []).map((one) =>
      one.type === 'Ready' ? { ...one, status: 'False' as const } : one,
    );
    expect(contradicts(ours, { ...ours, conditions: lost })).toBe(true);
    expect(contradicts(ours, undefined)).toBe(true);
  });
});
