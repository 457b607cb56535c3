import type { InstanceObservation, ReplaceTarget } from '../../drivers/azset/index.ts';

/** Does the instance's definition say this revision and these images? (Whether it runs them is `running`.) */
export function runs(holder: InstanceObservation, target: ReplaceTarget): boolean {
  return (
    holder.revision === target.revision &&
    Object.entries(target.images).every(([container, image]) => holder.images[container] === image)
  );
}
