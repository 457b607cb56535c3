import { describe, expect, test } from 'vitest';
import {
  add,
  contains,
  isOfferable,
  NO_RESOURCES,
  resourcesText,
  subtract,
  sum,
} from '../../../devfleet/mesos/resources.ts';
import type { MesosResources } from '../../../devfleet/mesos/types.ts';

const of = (more: Partial<MesosResources>): MesosResources => ({ ...NO_RESOURCES, ...more });
const ports = (...ranges: [number, number][]) => of({ ports: ranges });

describe('resources', () => {
  test('scalars have three decimals, and do not fall below zero', () => {
    expect(add(of({ cpus: 0.1 }), of({ cpus: 0.2 })).cpus).toBe(0.3);
    expect(subtract(of({ cpus: 1 }), of({ cpus: 0.9, mem: 5 }))).toEqual(of({ cpus: 0.1 }));
    expect(sum([of({ mem: 1 }), of({ mem: 2 }), of({ disk: 4 })])).toEqual(of({ mem: 3, disk: 4 }));
  });

  test('ranges of ports are joined, cut and compared', () => {
    expect(add(ports([1, 3], [9, 9]), ports([4, 5])).ports).toEqual([
      [1, 5],
      [9, 9],
    ]);
    expect(subtract(ports([1, 9]), ports([1, 2], [5, 5], [9, 20])).ports).toEqual([
      [3, 4],
      [6, 8],
    ]);
    expect(contains(ports([1, 4], [5, 9]), ports([3, 6]))).toBe(true);
    expect(contains(ports([1, 4], [6, 9]), ports([3, 6]))).toBe(false);
  });

  test('contains, offerable and in words', () => {
    expect(contains(of({ cpus: 1, mem: 1 }), of({ cpus: 1 }))).toBe(true);
    expect(contains(of({ cpus: 1 }), of({ mem: 1 }))).toBe(false);
    expect([of({ cpus: 0.01 }), of({ mem: 32 }), of({ cpus: 0.001, mem: 31, disk: 9 })].map(isOfferable)).toEqual([
      true,
      true,
      false,
    ]);
    expect(
      resourcesText(
        of({
          cpus: 0.5,
          disk: 7,
          ports: [
            [1, 2],
            [4, 4],
          ],
        }),
      ),
    ).toBe('cpus:0.5; disk:7; ports:[1-2, 4-4]');
  });
});
