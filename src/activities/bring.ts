import { Context } from '@temporalio/activity';
import type { Catalogue } from '../catalogue/types.ts';
import { TransshipError } from '../domain/errors.ts';
import type { Sync } from '../domain/sync/progress.ts';
import { pause } from '../drivers/alive.ts';
import type { PolicyOverride } from '../temporal/messages.ts';
import { askForImage } from '../temporal/sync-start.ts';
import { optionsOf, type MissingImage } from '../domain/sync/missing.ts';
import { toFailure } from './failures.ts';
import { activityWaiting } from './waiting.ts';

/** How often the catalogue is looked at, in ms. */
const LOOK_MS = 500;

export interface BringInput {
  /** Who wants them, in words of their own each time they are asked for: `release rel-c3xq2m7k4a, group web`. */
  wantedBy: string;
  images: MissingImage[];
  policy?: PolicyOverride;
}

/** What a release asks of syncs: they end by themselves, whatever becomes of the release. */
export function bringActivities({ syncs }: Pick<Catalogue, 'syncs'>) {
  return {
    /** Asks for the images. Asked again it changes nothing while they are on their way. */
    askImages: async (input: BringInput): Promise<void> => {
      try {
        for (const image of input.images) await ask(input, image);
      } catch (error) {
        throw toFailure(error);
      }
    },

    /**
     * Waits until the images are in the registries of their IDCs.
     * @throws IMAGE_NOT_BROUGHT with what keeps one from getting there
     */
    awaitImages: async ({ wantedBy, images }: BringInput): Promise<void> => {
      const waiting = activityWaiting();
      try {
        for (const { repository, digest, idc, tag } of images) {
          for (;;) {
            const [sync] = await syncs.list({ repository, digest, registry: idc, limit: 1 });
            // Until it knows of this asking its row is about those before.
            const ours = sync?.wantedBy.includes(wantedBy) === true ? sync : null;
            if (ours?.state === 'arrived' || ours?.state === 'done') break;
            if (ours?.state === 'failed' || ours?.state === 'cancelled') throw notBrought(ours);
            await pause(waiting, LOOK_MS, `${repository}:${tag} to be brought to ${idc}`);
          }
        }
      } catch (error) {
        throw toFailure(error);
      }
    },
  };
}

export type BringActivities = ReturnType<typeof bringActivities>;

async function ask({ wantedBy, policy }: BringInput, image: MissingImage): Promise<void> {
  const { repository, digest, tag, idc, from } = image;
  const asked = { repository, digest, from, ...(policy === undefined ? {} : { policy }) };
  await askForImage(Context.current().client, asked, {
    id: `${wantedBy}: ${idc}`,
    tag,
    to: [{ name: idc, idc, ...optionsOf(image) }],
    priority: 'high',
    wantedBy,
    askedAt: new Date().toISOString(),
  });
}

function notBrought({ repository, registry, state, trouble }: Sync): TransshipError {
  const why = trouble === null ? `its sync was ${state}` : `${trouble.code}: ${trouble.message}`;
  return new TransshipError('IMAGE_NOT_BROUGHT', `${repository} did not get to ${registry}: ${why}`);
}
