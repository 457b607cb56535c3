import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutGroup, namespaceOf } from '../../../src/domain/layout.ts';
import { app, fleet, group, refusal } from './fixtures.ts';

const PLACES = [
  ['north-1', 'az-1'],
  ['north-1', 'az-2'],
  ['south-1', 'az-1'],
  ['south-2', 'az-3'],
] as const;

/** A group placed so: counts for each of PLACES. */
function placed(counts: number[], change: object = {}) {
  const placement = PLACES.flatMap(([cluster, az], i) => {
    const instances = counts[i];
    return instances === undefined ? [] : [{ cluster, az, instances }];
  });
  return app(group({ placement, ...change }));
}

describe('layoutGroup', () => {
  it('deals instances round robin over the AzSets and passes over those that are full', () => {
    const { ref, azSets, instances } = layoutGroup(placed([1, 3]), 'web', 'fat', fleet);
    expect(ref).toEqual({ env: 'fat', app: 'shop', group: 'web' });
    expect(azSets).toEqual([
      { idc: 'north', az: 'az-1', cluster: 'north-1', namespace: 'fat', name: 'shop-web-az-1', count: 1 },
      { idc: 'north', az: 'az-2', cluster: 'north-1', namespace: 'fat', name: 'shop-web-az-2', count: 3 },
    ]);
    expect(instances.map(({ index, name, member }) => [index, name, member])).toEqual([
      [0, 'web-0', 'shop-web-az-1-0'],
      [1, 'web-1', 'shop-web-az-2-0'],
      [2, 'web-2', 'shop-web-az-2-1'],
      [3, 'web-3', 'shop-web-az-2-2'],
    ]);
    expect(instances[0]?.azSet).toEqual({
      idc: 'north',
      az: 'az-1',
      cluster: 'north-1',
      namespace: 'fat',
      name: 'shop-web-az-1',
    });
  });

  it('names the cluster where the group stands in several that have an AZ of that name', () => {
    const { azSets } = layoutGroup(placed([1, 1, 1, 1]), 'web', 'fat', fleet);
    expect(azSets.map(({ idc, name }) => [idc, name])).toEqual([
      ['north', 'shop-web-az-1-north-1'],
      ['north', 'shop-web-az-2'],
      ['south', 'shop-web-az-1-south-1'],
      ['south', 'shop-web-az-3'],
    ]);
  });

  it('takes the group of the environment asked for', () => {
    const both = app(
      group(),
      group({ environment: 'pro', placement: [{ cluster: 'south-1', az: 'az-1', instances: 5 }] }),
    );
    const { azSets, instances } = layoutGroup(both, 'web', 'pro', fleet);
    expect(azSets.map(({ namespace, count }) => [namespace, count])).toEqual([['pro', 5]]);
    expect(instances).toHaveLength(5);
  });

  it('keeps an AzSet without instances', () => {
    expect(layoutGroup(placed([2, 0]), 'web', 'fat', fleet).azSets.map(({ count }) => count)).toEqual([2, 0]);
  });

  it('numbers every instance once, names every member once and fills every AzSet, evenly as long as there is room', () => {
    const anyCounts = fc
      .array(fc.nat(30), { minLength: 1, maxLength: PLACES.length })
      .filter((list) => list.some((count) => count > 0));
    fc.assert(
      fc.property(anyCounts, (counts) => {
        const definition = placed(counts);
        const layout = layoutGroup(definition, 'web', 'fat', fleet);
        const { azSets, instances } = layout;
        expect(instances.map(({ index }) => index)).toEqual(instances.map((_, i) => i));
        expect(new Set(instances.map(({ member }) => member)).size).toBe(instances.length);
        for (const { count, ...azSet } of azSets) {
          const here = instances.filter((instance) => instance.azSet.name === azSet.name);
          expect(here.map(({ member }) => member)).toEqual(here.map((_, ordinal) => `${azSet.name}-${ordinal}`));
          expect(here).toHaveLength(count);
          for (const instance of here) expect(instance.azSet).toEqual(azSet);
        }
        const first = instances.slice(0, azSets.filter(({ count }) => count > 0).length);
        expect(new Set(first.map(({ azSet }) => azSet.name)).size).toBe(first.length);
        expect(layoutGroup(definition, 'web', 'fat', fleet)).toEqual(layout);
      }),
    );
  });

  it('calls a set what the app file calls it', () => {
    const placement = [
      { cluster: 'north-1', az: 'az-1', instances: 1, set: 'orders' },
      { cluster: 'north-1', az: 'az-2', instances: 1 },
    ];
    const { azSets, instances } = layoutGroup(app(group({ placement })), 'web', 'fat', fleet);
    expect(azSets.map(({ name }) => name)).toEqual(['orders', 'shop-web-az-2']);
    expect(instances.map(({ member }) => member)).toEqual(['orders-0', 'shop-web-az-2-0']);
  });

  it('says what it does not know', () => {
    expect(refusal(() => layoutGroup(app(), 'api', 'fat', fleet))).toMatchObject({
      code: 'GROUP_UNKNOWN',
      message: 'app shop has no group api in fat',
    });
    expect(refusal(() => layoutGroup(app(), 'web', 'pro', fleet)).code).toBe('GROUP_UNKNOWN');
    expect(refusal(() => namespaceOf(fleet, 'uat'))).toMatchObject({
      code: 'ENVIRONMENT_UNKNOWN',
      message: 'no environment uat in the fleet file, which has fat, pro',
    });
  });

  it('refuses a definition that the fleet has outgrown', () => {
    const [north, ...others] = fleet.idcs;
    if (north === undefined) throw new Error('the fleet has no IDC');
    expect(refusal(() => layoutGroup(app(), 'web', 'fat', { ...fleet, idcs: others }))).toMatchObject({
      code: 'APP_INVALID',
      message: 'group web in fat: no cluster north-1 in the fleet file',
    });
    const without = { ...north, clusters: north.clusters.map((cluster) => ({ ...cluster, azs: ['az-1'] })) };
    expect(refusal(() => layoutGroup(app(), 'web', 'fat', { ...fleet, idcs: [without, ...others] }))).toMatchObject({
      code: 'APP_INVALID',
      message: 'group web in fat: cluster north-1 has no AZ az-2',
    });
    const long = { ...app(), app: 'a'.repeat(44) };
    expect(refusal(() => layoutGroup(long, 'web', 'fat', fleet)).message).toMatch(
      /^group web in fat: the set name .* 52 fit$/,
    );
  });
});
