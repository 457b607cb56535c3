import type { Fault, Part } from '../../input/fault.ts';
import { quantity } from './quantity.ts';
import { Taker } from './taker.ts';

const MIB = 2 ** 20;

/** Resource of a container → field of an app, its unit, and Marathon's own default where there has to be one. */
const FIELDS: Record<string, { field: string; toAmount: (value: number) => number; otherwise?: number }> = {
  cpu: { field: 'cpus', toAmount: (cores) => cores, otherwise: 1 },
  memory: { field: 'mem', toAmount: (bytes) => Math.ceil(bytes / MIB), otherwise: 128 },
  'ephemeral-storage': { field: 'disk', toAmount: (bytes) => Math.ceil(bytes / MIB) },
};

/** `cpus`, `mem` and `disk` (MiB). Mesos enforces what it is asked for: the limit where there is one. */
export function resourcesOf(resources: Part, faults: Fault[]): Record<string, number> {
  const amounts = Object.fromEntries(
    Object.values(FIELDS).flatMap(({ field, otherwise }) => (otherwise === undefined ? [] : [[field, otherwise]])),
  ) as Record<string, number>;
  const kinds = new Taker(resources, faults);
  for (const given of [kinds.take('requests'), kinds.take('limits')]) {
    for (const key of given.keys()) {
      const [part, known] = [given.get(key), FIELDS[key]];
      const number = quantity(part.value);
      if (known === undefined) faults.push(part.fault('is nothing that Marathon has'));
      else if (number === null) faults.push(part.fault(`${JSON.stringify(part.value)} is no quantity`));
      else amounts[known.field] = known.toAmount(number);
    }
  }
  kinds.refuseRest();
  return amounts;
}
