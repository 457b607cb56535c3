import type { ChaosContext } from './harness/index.ts';
import { deaths } from './sync/deaths/index.ts';
import { flood } from './sync/flood/index.ts';
import { secondsOf, SMALL, WHOLE } from './sync/flood/size.ts';

export const description =
  'registries in step: the worker dies at every point of a sync; a flood of pushes over a bad WAN';

export async function run(context: ChaosContext): Promise<void> {
  const { cases, all, note } = context;
  await deaths(context);
  const size = all ? WHOLE : SMALL;
  const one = { scenario: 'flood', key: `flood/${size.pushes} pushes` };
  await cases([one], async (_one, the) => flood(size, the, note), secondsOf(size));
}
