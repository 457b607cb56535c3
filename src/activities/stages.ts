import type { Catalogue, OperationRow, StageKey, StageRow } from '../catalogue/types.ts';
import { isTerminal } from '../domain/states.ts';
import type { Actor, Trouble } from '../domain/types.ts';
import { pause } from '../drivers/alive.ts';
import type { ReleaseGroupInput } from '../temporal/messages.ts';
import { toFailure } from './failures.ts';
import { abortOperation } from './turn.ts';
import { activityWaiting } from './waiting.ts';

/** How often the catalogue is looked at, in ms. */
const LOOK_MS = 1_000;

/** What became of what was asked for. */
export type Asked = { release: string } | { refusal: Trouble };

/** How the release of one environment ended. */
export interface StageEnd {
  state: OperationRow['state'];
  trouble: Trouble | null;
  /** Repository → digest of what it brought. */
  digests: Record<string, string>;
}

/** What a promotion asks of others, by the catalogue: the API accepts its releases, which end by themselves. */
export function stageActivities(catalogue: Catalogue) {
  const guarded =
    <I, O>(act: (input: I) => Promise<O>) =>
    async (input: I): Promise<O> => {
      try {
        return await act(input);
      } catch (error) {
        throw toFailure(error);
      }
    };

  return {
    /** Asks for a release in the environment, and waits until it is accepted or refused. */
    askStage: guarded(async (stage: StageKey & Pick<StageRow, 'pinned'>): Promise<Asked> => {
      const waiting = activityWaiting();
      await catalogue.stages.ask(stage);
      for (;;) {
        const answer = await answerTo(catalogue, stage);
        if (answer !== null) return answer;
        await pause(waiting, LOOK_MS, `an API process to accept the release to ${stage.env}`);
      }
    }),

    /** Waits until the release has ended. */
    awaitRelease: guarded(async ({ release }: { release: string }): Promise<StageEnd> => {
      const waiting = activityWaiting();
      for (;;) {
        const row = await catalogue.operations.get(release);
        if (row !== null && isTerminal(row.state)) {
          const { state, trouble } = row;
          return { state, trouble, digests: digestsOf(await catalogue.operations.children(release)) };
        }
        await pause(waiting, LOOK_MS, `${release} to end`);
      }
    }),

    /**
     * Takes back what was asked for, and aborts the release if there is one by then.
     * @returns its id; null where none was or will be accepted
     */
    withdrawStage: guarded(async ({ actor, ...stage }: StageKey & { actor: Actor }): Promise<string | null> => {
      const waiting = activityWaiting();
      await catalogue.stages.withdraw(stage);
      for (;;) {
        const row = await catalogue.stages.get(stage);
        // Nobody has taken it up, and nobody will.
        if (row === null || row.refusal !== null || row.release === null) return null;
        const release = await catalogue.operations.get(row.release);
        if (release !== null && (release.startedAt !== null || release.endedAt !== null)) {
          await abortRelease(catalogue, release, { by: stage.root, actor });
          return release.id;
        }
        await pause(waiting, LOOK_MS, `${row.release} to be accepted, or refused`);
      }
    }),
  };
}

async function answerTo(catalogue: Catalogue, stage: StageKey): Promise<Asked | null> {
  const row = await catalogue.stages.get(stage);
  if (row === null) return null;
  if (row.refusal !== null) return { refusal: row.refusal };
  if (row.release === null || (await catalogue.operations.get(row.release)) === null) return null;
  return { release: row.release };
}

function digestsOf(groups: OperationRow[]): Record<string, string> {
  const images = groups.flatMap(({ input }) => Object.values((input as ReleaseGroupInput).spec.images));
  return Object.fromEntries(images.map(({ repository, digest }) => [repository, digest]));
}

async function abortRelease(
  { operations }: Catalogue,
  release: OperationRow,
  { by, actor }: { by: string; actor: Actor },
): Promise<void> {
  if (isTerminal(release.state)) return;
  const groups = (await operations.children(release.id)).filter(({ endedAt }) => endedAt === null);
  for (const group of groups) await abortOperation(group, { by, actor });
  await abortOperation(release, { by, actor });
}

export type StageActivities = ReturnType<typeof stageActivities>;
