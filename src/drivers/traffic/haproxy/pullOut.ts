import { TransshipError } from '../../../domain/errors.ts';
import { alive, pause } from '../../alive.ts';
import type { Guard, MemberAt, Waiting } from '../../azset/index.ts';
import type { OutFlag } from '../index.ts';
import { LOOK_MS, LOOKS_A_HOLDER, OUT_TIMEOUT_MS } from '../limits.ts';
import type { Places } from '../places.ts';
import type { Balancer } from './balancer.ts';
import { isDrained, isInMaintenance } from './state.ts';

/**
 * Tells every process to drain the server, and waits until all show it so and nothing runs on it any more, or its time
 * is over. A process that forgets it meanwhile (a reload) is told again.
 */
export async function pullOut(
  balancer: Balancer,
  places: Places,
  at: MemberAt,
  flag: Pick<OutFlag, 'drainSeconds'>,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const name = balancer.mustName(await places.held(at));
  const deadline = Date.now() + OUT_TIMEOUT_MS;
  let outSince: number | null = null;
  let what = `HAProxy to drain ${name.backend}/${name.server}`;
  for (let looks = 1; ; looks++) {
    const said = await alive(
      waiting,
      () => what,
      async () => {
        if (looks % LOOKS_A_HOLDER === 0) await places.held(at);
        return balancer.ask(name);
      },
    );
    // One in maintenance gets nothing, and "drain" would end its maintenance.
    const told = said.filter(({ state }) => !isDrained(state) && !isInMaintenance(state));
    for (const { process } of told) {
      await guard();
      await process.set(name, 'drain');
    }
    if (told.length === 0) {
      outSince ??= Date.now();
      const sessions = said.reduce((sum, { state }) => sum + state.sessions, 0);
      if (sessions === 0 || Date.now() >= outSince + flag.drainSeconds * 1000) return;
      what = `${sessions} sessions of ${name.backend}/${name.server} to end`;
    } else if (Date.now() >= deadline) {
      const sockets = told.map(({ process }) => process.socket).join(', ');
      throw new TransshipError('DRAIN_TIMEOUT', `HAProxy at ${sockets} does not drain ${name.backend}/${name.server}`);
    }
    await pause(waiting, told.length === 0 ? LOOK_MS : LOOK_MS / 10, what);
  }
}
