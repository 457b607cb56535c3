import { TransshipError } from '../../../domain/errors.ts';
import { alive, pause } from '../../alive.ts';
import type { Guard, MemberAt, Waiting } from '../../azset/index.ts';
import { IN_TIMEOUT_MS, LOOK_MS, LOOKS_A_HOLDER, OUT_TIMEOUT_MS } from '../limits.ts';
import type { Places } from '../places.ts';
import type { BalancerApi } from './api.ts';

/** Tells the load balancer where it does not say so already, and waits until it does. */
export async function pull(
  api: BalancerApi,
  places: Places,
  at: MemberAt,
  to: 'out' | 'in',
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const place = await alive(
    waiting,
    () => `the load balancer's word on ${at.member}`,
    () => places.held(at),
  );
  const deadline = Date.now() + (to === 'out' ? OUT_TIMEOUT_MS : IN_TIMEOUT_MS);
  const what = `the load balancer to take ${at.member} ${to}`;
  for (let looks = 1; ; looks++) {
    const drained = await alive(
      waiting,
      () => what,
      async () => {
        if (looks % LOOKS_A_HOLDER === 0) await places.held(at);
        return api.isDrained(place, waiting.signal);
      },
    );
    if (drained === null) api.refuseUnknown(place);
    if (drained === (to === 'out')) return;
    if (Date.now() >= deadline) throw late(at, to);
    if (looks === 1) {
      const before = async (): Promise<void> => {
        waiting.signal.throwIfAborted();
        await guard();
      };
      await beating(waiting, what, () => api.change(to === 'out' ? 'drain' : 'undrain', place, before));
    } else await pause(waiting, LOOK_MS, what);
  }
}

/** Tells that it lives while `act` runs to its end, whoever cancels: a change is not left behind. */
async function beating<T>({ heartbeat }: Waiting, what: string, act: () => Promise<T>): Promise<T> {
  const beat = setInterval(() => heartbeat(what), 500);
  try {
    return await act();
  } finally {
    clearInterval(beat);
  }
}

function late(at: MemberAt, to: 'out' | 'in'): TransshipError {
  return to === 'out'
    ? new TransshipError('DRAIN_TIMEOUT', `the load balancer does not say that ${at.member} is drained`)
    : new TransshipError('PULL_IN_TIMEOUT', `the load balancer does not say that ${at.member} gets traffic`);
}
