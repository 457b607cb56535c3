import { Option, InvalidArgumentError } from '@commander-js/extra-typings';
import type { components } from '../http/openapi.d.ts';

export type Knobs = NonNullable<components['schemas']['StartReleaseInput']['config']>;
type Gates = NonNullable<Knobs['gates']>;

const GATES = ['smoke', 'bake', 'rollout', 'batch', 'finish'] as const satisfies (keyof Gates)[];

/** Options that set the knobs of a release; their defaults are the fleet's. */
export interface KnobOptions {
  batchPercent?: number | undefined;
  batchPattern?: string | undefined;
  pause?: number | undefined;
  drain?: number | undefined;
  startup?: number | undefined;
  ignoreIgnition?: true | undefined;
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
    pauseSeconds: options.pause,
    drainSeconds: options.drain,
    startupSeconds: options.startup,
    ignoreIgnition: options.ignoreIgnition,
    gates,
    gateHours: options.gateHours,
    remindHours: options.remindHours,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** `--gate bake=manual --gate rollout=10m` */
export function gateOption() {
  return new Option(
    '--gate <gate=how>',
    `where it waits: ${GATES.join(', ')}, each manual, automatic, or how long it soaks (10m); may be repeated`,
  ).argParser((text: string, before: Gates | undefined): Gates => {
    const [name = '', how = ''] = text.split('=');
    const gate = GATES.find((known) => known === name);
    if (gate === undefined) throw new InvalidArgumentError(`No such gate; there are ${GATES.join(', ')}.`);
    if (how === '') throw new InvalidArgumentError(`How? ${name}=manual, ${name}=automatic, or ${name}=10m.`);
    return { ...before, [gate]: how };
  });
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
