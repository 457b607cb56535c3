import { InvalidArgumentError, Option, type Command, type OptionValues } from '@commander-js/extra-typings';
import { CLUSTER_LOSSES, NO_RETURN, WAVE_FAILURES, WAVES } from '../domain/types.ts';
import type { components } from '../http/openapi.d.ts';

export type Knobs = NonNullable<components['schemas']['StartReleaseInput']['config']>;
type Gates = NonNullable<Knobs['gates']>;

const GATES = ['smoke', 'bake', 'rollout', 'batch', 'wave', 'finish'] as const satisfies (keyof Gates)[];

/** Options that set the knobs of a release; their defaults are the fleet's. */
export interface KnobOptions {
  batchPercent?: number | undefined;
  batchPattern?: string | undefined;
  waves?: Knobs['waves'];
  onWaveFailure?: Knobs['onWaveFailure'];
  onClusterLoss?: Knobs['onClusterLoss'];
  pause?: number | undefined;
  drain?: number | undefined;
  startup?: number | undefined;
  ignoreIgnition?: true | undefined;
  pointOfNoReturn?: Knobs['pointOfNoReturn'];
  gate?: Gates | undefined;
  manual?: true | undefined;
  gateHours?: number | undefined;
  remindHours?: number | undefined;
}

/** The knobs that were given, as the API takes them. */
export function knobs(options: KnobOptions): Knobs {
  const manual: Gates = { bake: 'manual', rollout: 'manual', batch: 'manual' };
  const gates = options.manual === true ? { ...manual, ...options.gate } : options.gate;
  const given = {
    batchPercent: options.batchPercent,
    batchPattern: options.batchPattern,
    waves: options.waves,
    onWaveFailure: options.onWaveFailure,
    onClusterLoss: options.onClusterLoss,
    pauseSeconds: options.pause,
    drainSeconds: options.drain,
    startupSeconds: options.startup,
    ignoreIgnition: options.ignoreIgnition,
    pointOfNoReturn: options.pointOfNoReturn,
    gates,
    gateHours: options.gateHours,
    remindHours: options.remindHours,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** The command with an option for each knob. */
export function withKnobs<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return command
    .option('--batch-percent <n>', 'size of a batch in percent of the group', whole)
    .option('--batch-pattern <pattern>', '25%, or the share of each batch after the bastion: 10%+20%+25%+25%+20%')
    .addOption(new Option('--waves <what>', 'all of one IDC, or AZ, before the next (default: none)').choices(WAVES))
    .addOption(
      new Option('--on-wave-failure <what>', 'the waves after one in which an instance failed').choices(WAVE_FAILURES),
    )
    .addOption(
      new Option(
        '--on-cluster-loss <what>',
        'while a cluster does not answer: wait, or bring on the others first',
      ).choices(CLUSTER_LOSSES),
    )
    .option('--pause <seconds>', 'pause between two batches', number)
    .option('--drain <seconds>', 'wait after an instance left the endpoints', number)
    .option('--startup <seconds>', 'time that an instance has to ignite (default: as the app file says)', whole)
    .option('--ignore-ignition', 'an instance that runs counts as ignited; its health page is not asked')
    .option(
      '--gate <gate=how>',
      `where it waits: ${GATES.join(', ')}, each manual, automatic, or how long it soaks (10m); may be repeated`,
      gate,
    )
    .addOption(
      new Option(
        '--point-of-no-return <gate>',
        'gate after which nothing is undone: an abort then leaves all as it stands',
      ).choices(NO_RETURN),
    )
    .option('--manual', 'a person opens every gate: bake, rollout, and each batch')
    .option('--gate-hours <hours>', 'time that a person has at a failure, a brake or a manual gate', number)
    .option('--remind-hours <hours>', 'time between two reminders', number);
}

/** `--gate bake=manual --gate rollout=10m` */
function gate(text: string, before: Gates | undefined): Gates {
  const [name = '', how = ''] = text.split('=');
  const found = GATES.find((known) => known === name);
  if (found === undefined) throw new InvalidArgumentError(`No such gate; there are ${GATES.join(', ')}.`);
  if (how === '') throw new InvalidArgumentError(`How? ${name}=manual, ${name}=automatic, or ${name}=10m.`);
  return { ...before, [found]: how };
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Not a number.');
  return value;
}

export function whole(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('Not a whole number.');
  return value;
}
