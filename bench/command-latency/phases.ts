import type { ReleaseState } from '../../src/domain/states.ts';
import type { ReleaseConfigRequest } from '../../src/http/schemas/config.ts';

export type Stop = 'brake' | 'abort';

/** Where a release stands when a person stops it. */
export interface Phase {
  name: string;
  states: ReleaseState[];
  /** A step of an instance that is under way; left out, any or none. */
  step?: 'takeOut' | 'deploy' | 'ignite' | 'putIn';
  commands: Stop[];
  config?: ReleaseConfigRequest;
  /** Releases a version that never gets warm. */
  fails?: boolean;
  /** How long the phase lasts, in ms, or as much of it as is of interest: the command is sent at a random moment of that. */
  lastsMs: number;
  /** How long a braked release is watched without a step under way, in ms. Default: 3 s, longer than a command may take to act. */
  watchedMs?: number;
}

/** How long connections drain, and how long an instance warms up, in seconds. */
export const DRAIN_SECONDS = 0.5;
export const IGNITE_SECONDS = 1;

const both: Stop[] = ['brake', 'abort'];

/** The four steps of an instance, within a state. */
function stepsIn(state: ReleaseState, name: string): Phase[] {
  const at = (step: NonNullable<Phase['step']>, what: string, lastsMs: number): Phase => ({
    name: `${name}, ${what}`,
    states: [state],
    step,
    commands: both,
    lastsMs,
  });
  return [
    at('takeOut', 'taking out', DRAIN_SECONDS * 1_000 + 150),
    at('deploy', 'deploying', 500),
    at('ignite', 'igniting', IGNITE_SECONDS * 1_000),
  ];
}

const GATE_MS = 1_000;

/** Every phase in which a release can be braked or aborted, but for a release that is braked, and one without its cluster. */
export const PHASES: Phase[] = [
  ...stepsIn('SMOKING', 'smoke'),
  {
    name: 'smoke is through, manual gate',
    states: ['SMOKE_SUCCESS'],
    commands: both,
    config: { gates: { bake: 'manual' } },
    lastsMs: GATE_MS,
  },
  { name: 'bake, putting in', states: ['BAKING'], step: 'putIn', commands: both, lastsMs: 120 },
  {
    name: 'bake is through, manual gate',
    states: ['BAKE_SUCCESS'],
    commands: both,
    config: { gates: { rollout: 'manual' } },
    lastsMs: GATE_MS,
  },
  {
    name: 'bake soaks',
    states: ['BAKE_SUCCESS'],
    commands: both,
    config: { gates: { rollout: '2s' } },
    lastsMs: 2_000,
  },
  ...stepsIn('ROLLING_OUT', 'batch'),
  { name: 'batch, putting in', states: ['ROLLING_OUT'], step: 'putIn', commands: both, lastsMs: 120 },
  {
    name: 'batch is through, manual gate',
    states: ['BATCH_SUCCESS'],
    commands: both,
    config: { gates: { batch: 'manual' } },
    lastsMs: GATE_MS,
  },
  {
    name: 'rollout is through, manual gate',
    states: ['ROLLOUT_SUCCESS'],
    commands: both,
    config: { gates: { finish: 'manual' } },
    lastsMs: GATE_MS,
  },
  // No step of an instance is left that a brake could stop.
  { name: 'settling', states: ['SETTLING'], commands: ['abort'], lastsMs: 150 },
  {
    name: 'held by a failure',
    states: ['SMOKE_FAILURE', 'BAKE_FAILURE', 'ROLLOUT_FAILURE'],
    commands: both,
    fails: true,
    lastsMs: GATE_MS,
  },
];

/** Each braked release is aborted in the end: that is a sample too. */
export const BRAKED = 'held by a brake';

/** Of a batch: the cluster of one of the two IDCs cannot be reached while the command is sent, and for a while after. */
export const UNREACHABLE: Phase = {
  name: 'batch, one cluster unreachable',
  states: ['ROLLING_OUT'],
  step: 'takeOut',
  commands: both,
  lastsMs: 2_000,
  // A step that failed is under way no more, and tried again within 5 s.
  watchedMs: 7_000,
};
