import { waitsForPerson, type ReleaseState } from '../domain/states.ts';

/** Exit codes are a contract: scripts match on them. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  failed: 3,
  revoked: 4,
  waiting: 5,
  refused: 6,
  unreachable: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each code means, for --help and the reference. */
export const EXIT_MEANINGS: Record<ExitCode, string> = {
  0: 'done; of a release: SUCCESS',
  1: 'unexpected error; of image diff and image rules compare: the registries differ',
  2: 'wrong usage or bad input',
  3: 'the release failed: FAILURE, or it waits in a *_FAILURE state; of image sync: a registry did not get the image',
  4: 'the release was aborted and undone: REVOKED; of image sync: it was cancelled',
  5: 'a person is needed: the release is braked (*_BRAKED) or stands at a manual gate; an import, or registry connect, left something to decide',
  6: 'refused: a conflict or a limit (HTTP 403, 409, 422); nothing was changed',
  7: 'the API, or something that it needs, does not answer',
  130: 'interrupted (Ctrl-C); a release, or a sync, goes on',
};

/** Exit code that tells how a release stands; null while it goes on by itself. */
export function exitOf(release: { state: ReleaseState; waiting: string }): ExitCode | null {
  const { state } = release;
  if (state === 'SUCCESS') return EXIT.ok;
  if (state === 'REVOKED') return EXIT.revoked;
  if (state === 'FAILURE' || state.endsWith('_FAILURE')) return EXIT.failed;
  return waitsForPerson(release) ? EXIT.waiting : null;
}

/** Exit code for a problem that the API answered with. */
export function exitOfStatus(status: number): ExitCode {
  if (status === 403 || status === 409 || status === 422) return EXIT.refused;
  if (status >= 400 && status < 500) return EXIT.usage;
  return status === 500 ? EXIT.unexpected : EXIT.unreachable;
}
