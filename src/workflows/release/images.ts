import { isCancellation } from '@temporalio/workflow';
import { brakedState } from '../../domain/states.ts';
import type { InstanceRef } from '../../domain/types.ts';
import type { MissingImage } from '../../domain/sync/missing.ts';
import { waitingActivities } from './activities.ts';
import { idcsOf, type GroupRun } from './context.ts';
import { advance, hold } from './hold.ts';
import { troubleOf } from '../troubles.ts';

/** How long an image may take before a person is asked. */
const PATIENCE_MS = 7_200_000;

/** Lacks any IDC an image? Asked before the others here: what began without them replays without them. */
export function lacksImages({ input }: GroupRun): boolean {
  return (input.missing ?? []).length > 0;
}

/** Asks for all images that are missing, so that they are on their way while earlier batches go. */
export async function askImages(run: GroupRun): Promise<void> {
  const images = run.input.missing ?? [];
  run.asks++;
  const names = [...new Set(images.map(({ repository, tag, idc }) => `${repository}:${tag} in ${idc}`))].join(', ');
  await bring(run, `ask for ${names}`).askImages(request(run, images));
}

/** What is missing in the IDCs of these instances, as far as is known. */
export function missingFor({ input, supplied }: GroupRun, members: readonly InstanceRef[]): MissingImage[] {
  const idcs = idcsOf(members.map(({ azSet }) => azSet)).filter((idc) => !supplied.has(idc));
  return (input.missing ?? []).filter(({ idc }) => idcs.includes(idc));
}

/**
 * Waits until the IDCs of these instances have the images: nothing is taken out for what is not there. What keeps one away
 * holds the release; resumed, it is asked for again.
 */
export async function awaitImages(run: GroupRun, members: readonly InstanceRef[]): Promise<void> {
  const going = run.progress.state;
  for (;;) {
    try {
      await awaitAll(run, members);
      return;
    } catch (error) {
      if (isCancellation(error)) throw error;
      await hold(run, brakedState(going) ?? 'SMOKE_BRAKED', troubleOf(error));
      await advance(run, going, 'resumed: the images are asked for again');
      await askImages(run);
    }
  }
}

/** As awaitImages, where there is nothing yet that could be held. @throws IMAGE_NOT_BROUGHT */
export async function awaitAll(run: GroupRun, members: readonly InstanceRef[]): Promise<void> {
  const images = missingFor(run, members);
  const idcs = [...new Set(images.map(({ idc }) => idc))];
  // A release that continued as new asks for itself.
  if (images.length > 0 && run.asks === 0) await askImages(run);
  if (images.length > 0) await bring(run, `wait for images in ${idcs.join(', ')}`).awaitImages(request(run, images));
  for (const idc of idcs) run.supplied.add(idc);
}

function bring({ input: { policy } }: GroupRun, summary: string): ReturnType<typeof waitingActivities> {
  return waitingActivities(summary, PATIENCE_MS, policy);
}

/** Each time in other words: what became of the time before says nothing about this one. */
function request({ input, asks }: GroupRun, images: MissingImage[]) {
  const { root, ref, policy } = input;
  const again = asks > 1 ? `, asked again (${asks})` : '';
  return {
    wantedBy: `release ${root}, group ${ref.group}${again}`,
    images,
    ...(policy === undefined ? {} : { policy }),
  };
}
