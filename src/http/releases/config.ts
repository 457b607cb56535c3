import type { ConfigChanges } from '../../domain/config.ts';
import { TransshipError } from '../../domain/errors.ts';
import { resolveGates } from '../../domain/gates.ts';
import { sharesOf } from '../../domain/pattern.ts';
import type { Gates, ReleaseConfig } from '../../domain/types.ts';
import type { ApiContext } from '../context.ts';
import type { ReleaseConfigRequest } from '../schemas/config.ts';

/**
 * What was asked for, over the gates of the environment and the limits of the fleet file.
 * @throws TransshipError LIMIT_EXCEEDED
 */
export function releaseConfig(
  context: ApiContext,
  env: string,
  asked: ReleaseConfigRequest | undefined,
): ReleaseConfig {
  const { limits, environments } = context.fleet;
  const { batchPercent, pauseSeconds, drainSeconds, gateHours, remindHours } = limits;
  const environment = environments.find(({ name }) => name === env);
  return {
    ...{ batchPercent, pauseSeconds, drainSeconds, gateHours, remindHours },
    ...knobs(context, asked ?? {}),
    gates: resolveGates(environment?.gates, asked?.gates),
  };
}

/** A rollback or repair goes in batches of half the group: what runs is bad, and every minute counts. */
const RECOVERY_PERCENT = 50;

/** Of a rollback or repair: nobody is asked, nothing pauses, and a cluster that is lost on the way comes last. */
export function recoveryConfig({ fleet: { limits } }: ApiContext): ReleaseConfig {
  const { drainSeconds, gateHours, remindHours } = limits;
  const batchPercent = Math.min(RECOVERY_PERCENT, limits.maxBatchPercent);
  const limited = { batchPercent, pauseSeconds: 0, drainSeconds, gateHours, remindHours };
  return { ...limited, onClusterLoss: 'requeue', gates: resolveGates() };
}

/** Of a scale: whoever asks has seen its plan, so no gate waits. */
export function scaleConfig(context: ApiContext, asked: ReleaseConfigRequest | undefined): ReleaseConfig {
  const { batchPercent, drainSeconds, gateHours, remindHours } = context.fleet.limits;
  const limits = { batchPercent, pauseSeconds: 0, drainSeconds, gateHours, remindHours };
  return { ...limits, ...knobs(context, asked ?? {}), gates: resolveGates() };
}

/**
 * Knobs that are to change while a release runs.
 * @throws TransshipError LIMIT_EXCEEDED
 */
export function configChanges(context: ApiContext, asked: ReleaseConfigRequest): ConfigChanges {
  if (asked.gates === undefined) return knobs(context, asked);
  const resolved = resolveGates(asked.gates);
  const named = Object.keys(asked.gates) as (keyof Gates)[];
  return { ...knobs(context, asked), gates: Object.fromEntries(named.map((name) => [name, resolved[name]])) };
}

function knobs({ fleet: { limits } }: ApiContext, asked: ReleaseConfigRequest): Omit<ConfigChanges, 'gates'> {
  const { batchPercent, batchPattern } = asked;
  const others = [
    'pauseSeconds',
    'drainSeconds',
    'gateHours',
    'remindHours',
    'startupSeconds',
    'ignoreIgnition',
    'pointOfNoReturn',
    'waves',
    'onWaveFailure',
    'onClusterLoss',
  ] as const;
  const [path, shares] =
    batchPattern === undefined
      ? ['config.batchPercent', batchPercent === undefined ? [] : [batchPercent]]
      : ['config.batchPattern', sharesOf(batchPattern)];
  const over = shares.find((share) => share > limits.maxBatchPercent);
  if (over !== undefined) {
    const message = `a batch of ${over} % is over ${limits.maxBatchPercent}, the fleet's maxBatchPercent`;
    throw new TransshipError('LIMIT_EXCEEDED', message, { places: [{ path, message }] });
  }
  const [first] = shares;
  const given = Object.fromEntries(
    others.flatMap((name) => (asked[name] === undefined ? [] : [[name, asked[name]] as const])),
  );
  return {
    ...given,
    ...(first === undefined ? {} : { batchPercent: first }),
    ...(shares.length > 1 ? { batchShares: shares } : {}),
  };
}
