import { setTimeout as sleep } from 'node:timers/promises';
import { gateCommand, isTerminal, needsPerson, waitsForPerson, type ReleaseState } from '../../domain/states.ts';
import { call } from '../api.ts';
import { EXIT, exitOf, type ExitCode } from '../exit.ts';
import { advice, stateText, type Release } from '../release-text.ts';
import type { Session } from '../session.ts';
import { follow } from './follow.ts';
import { liveScreen, plainScreen } from './screen.ts';

/** A state that waits for a person must last so long before watching ends: a resume may be on its way. Milliseconds. */
const SETTLE_MS = 1_500;

/**
 * Shows a release until it has ended or waits for a person; the exit code says which. Ctrl-C ends the watching, not the
 * release.
 */
export async function watchRelease(session: Session, id: string): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const load = async (): Promise<Release> =>
    call(api, api.client.GET('/v1/releases/{id}', { params: { path: { id } } }));
  const screen = terminal.interactive && !terminal.json ? liveScreen(terminal, load) : plainScreen(terminal);

  const gate = new AbortController();
  const stop = AbortSignal.any([terminal.interrupt, gate.signal]);
  let pending: AbortController | undefined;
  const stopIfItLasts = async (signal: AbortSignal): Promise<void> => {
    await sleep(SETTLE_MS, undefined, { signal });
    const release = await load();
    if (waitsForPerson(release) || isTerminal(release.state)) gate.abort();
  };

  let final: Release | null = null;
  try {
    for await (const followed of follow(api, id, stop)) {
      if (followed.kind === 'event') {
        const { event } = followed;
        screen.event(event);
        if (event.kind !== 'state') continue;
        pending?.abort();
        pending = new AbortController();
        // Asked again by the next event where the API is away just now.
        if (mayWait(event.step as ReleaseState)) void stopIfItLasts(pending.signal).catch(() => undefined);
      } else {
        screen.connection(followed.kind === 'back' ? null : `the API is away (${followed.reason}); connecting again`);
      }
    }
    if (!terminal.interrupt.aborted) final = await load();
  } finally {
    pending?.abort();
    screen.close(final);
  }
  if (final === null) {
    terminal.note(`not watching any more; the release goes on: transship release watch ${id}`);
    return EXIT.interrupted;
  }
  terminal.result(final);
  if (!terminal.interactive && !terminal.json) terminal.say(`${id}  ${stateText(terminal, final.state)}`);
  if (final.trouble !== null) terminal.note(`${final.trouble.code}: ${final.trouble.message}`);
  if (final.waiting !== '') terminal.note(`waits: ${final.waiting}`);
  for (const line of advice(final)) terminal.note(line);
  return exitOf(final) ?? EXIT.unexpected;
}

/** The release itself says whether it does: a gate may be open. */
function mayWait(state: ReleaseState): boolean {
  return needsPerson(state) || gateCommand(state) !== null;
}
