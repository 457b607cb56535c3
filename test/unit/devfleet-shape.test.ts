import { expect, test } from 'vitest';
import { readShape, type FleetShape } from '../../devfleet/shape.ts';

test('a shape says whether a Harbor stands before the registry of an IDC', () => {
  const shape = (registry: string) =>
    ({ idcs: { north: { azs: { 'az-1': { hosts: 1 } }, registry } }, environments: ['pro'] }) as FleetShape;
  for (const registry of ['harbor', 'distribution']) expect(readShape(shape(registry))).toEqual(shape(registry));
  expect(() => readShape(shape('quay'))).toThrow('registry');
});
