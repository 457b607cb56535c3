import { TransshipError } from '../../domain/errors.ts';
import type { HealthCheck } from '../../domain/types.ts';
import { alive, pause } from '../alive.ts';
import type { Waiting } from '../azset/index.ts';
import { probeIgnition } from './probe.ts';

/** How often it is asked: what polling adds is at most a twentieth of what the ignition takes anyway. */
const POLL_SHARE = 1 / 20;
const FASTEST_POLL_MS = 50;
const SLOWEST_POLL_MS = 1_000;

/** How often it is asked whether an instance that says nothing is still there. */
const STANDS_EVERY_MS = 2_000;

/**
 * Probes until the instance says that it is warm. What is refused, or not understood, counts as "not yet": the
 * application may not listen before it is half way up.
 * @param since start of the container: health.timeoutSeconds count from there
 * @param options.proxy see probeIgnition
 * @param options.stands throws where the instance is not the one any more that was started. Asked now and then while
 * nothing answers, and before a verdict: what became of another one says nothing about the version
 * @throws IGNITION_FAILED, INSTANCE_MARKED_DOWN as soon as it says so; IGNITION_TIMEOUT; what `stands` throws
 */
export async function waitIgnited(
  address: string,
  health: HealthCheck,
  since: Date,
  waiting: Waiting,
  options: { proxy?: string | undefined; stands?: () => Promise<void> } = {},
): Promise<void> {
  const deadline = since.getTime() + health.timeoutSeconds * 1000;
  const where = `${address}:${health.port}${health.path}`;
  let last = '';
  let asked = Date.now();
  const what = (): string => `${where} to ignite${last === '' ? '' : `: ${last}`}`;
  const stands = async (): Promise<void> => {
    await alive(waiting, what, async () => options.stands?.());
    asked = Date.now();
  };
  const verdict = async (...known: ConstructorParameters<typeof TransshipError>): Promise<never> => {
    await stands();
    throw new TransshipError(...known);
  };
  for (;;) {
    const probe = { proxy: options.proxy, signal: waiting.signal };
    const ignition = await alive(waiting, what, () => probeIgnition(address, health, probe));
    if (ignition === 'ignited') return;
    if (ignition === 'failed') return verdict('IGNITION_FAILED', `${where} says that its ignition failed`);
    if (ignition === 'marked-down') return verdict('INSTANCE_MARKED_DOWN', `${where} says that it is marked down`);
    last = ignition === 'waiting' ? 'says "wait"' : ignition.errored;
    // At least one look is taken, however late we come.
    const left = deadline - Date.now();
    if (left <= 0) return verdict('IGNITION_TIMEOUT', `${where} did not ignite in ${health.timeoutSeconds} s: ${last}`);
    if (ignition !== 'waiting' && Date.now() - asked >= STANDS_EVERY_MS) await stands();
    const pollMs = Math.max((Date.now() - since.getTime()) * POLL_SHARE, FASTEST_POLL_MS);
    await pause(waiting, Math.min(pollMs, SLOWEST_POLL_MS, left), what());
  }
}
