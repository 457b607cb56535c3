import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseApp } from '../../../src/domain/app.ts';
import { TransshipError } from '../../../src/domain/errors.ts';
import { parseFleet } from '../../../src/domain/fleet.ts';
import { layoutGroup } from '../../../src/domain/layout.ts';
import { app, appText, fleet, FLEET, group, refusal, said, template } from './fixtures.ts';

describe('parseApp', () => {
  it("fills every default in, the fleet's first traffic driver too", () => {
    expect(app().groups[0]).toMatchObject({
      traffic: ['service'],
      health: {
        path: '/health',
        timeoutSeconds: 180,
        codes: { ignited: [200], waiting: [526, 528], failed: [527], markedDown: [530] },
      },
    });
  });

  it('leaves the template as it is', () => {
    const written = template({ volumes: [{ name: 'tmp', emptyDir: {} }], restartPolicy: 'Always', hostNetwork: false });
    expect(app(group({ template: written })).groups[0]?.template).toEqual(written);
  });

  it('takes one group name in several environments, and one AZ of several clusters', () => {
    const placement = ['south-1', 'south-2'].map((cluster) => ({ cluster, az: 'az-1', instances: 1 }));
    expect(app(group(), group({ environment: 'pro', placement })).groups).toHaveLength(2);
  });

  it('checks no port where containers declare none', () => {
    const bare = { containers: [{ name: 'web' }] };
    expect(app(group({ template: template(bare), health: { port: 9 } })).groups[0]?.health.port).toBe(9);
  });

  it('lets a code change its meaning when the default list says so too', () => {
    const health = { port: 8080, codes: { ignited: [200, 526], waiting: [528] } };
    expect(app(group({ health })).groups[0]?.health.codes).toMatchObject({ ignited: [200, 526], waiting: [528] });
  });

  it('refuses two groups whose sets would bear one name', () => {
    const wide = parseFleet(FLEET.replace('[az-1, az-2]', '[az-1, two-az-1]'), {}, 'fleet.yml');
    const at = (name: string, az: string) => group({ name, placement: [{ cluster: 'north-1', az, instances: 1 }] });
    const { places } = refusal(() =>
      parseApp(appText([at('web-two', 'az-1'), at('web', 'two-az-1')]), wide, 'app.yml'),
    );
    expect(places.map(said)).toEqual([
      'groups[1].placement[0]: the set name shop-web-two-az-1 is also one of group web-two (rename one of the groups)',
    ]);
  });

  it('reads JSON too', () => {
    expect(parseApp(JSON.stringify({ app: 'shop', groups: [group()] }), fleet, 'app.json')).toEqual(app());
  });

  it('reads the example, which goes with the example of a fleet file', async () => {
    const exampleFleet = parseFleet(await readFile('fleet.example.yml', 'utf8'), {}, 'fleet.example.yml');
    const example = parseApp(await readFile('app.example.yml', 'utf8'), exampleFleet, 'app.example.yml');
    const { instances } = layoutGroup(example, 'web', 'pro', exampleFleet);
    expect(instances).toHaveLength(12);
    expect(instances.slice(0, 5).map(({ name, azSet }) => `${name} ${azSet.az}`)).toEqual([
      'web-0 az-1',
      'web-1 az-2',
      'web-2 az-3',
      'web-3 az-4',
      'web-4 az-1',
    ]);
  });

  it('refuses any other document with places, and fails in no other way', () => {
    const read = (text: string): void => {
      try {
        parseApp(text, fleet, 'app.yml');
      } catch (error) {
        if (!(error instanceof TransshipError)) throw error;
        expect(error.code).toBe('APP_INVALID');
        expect(error.places).not.toEqual([]);
      }
    };
    const right = appText();
    fc.assert(fc.property(fc.jsonValue(), (value) => read(stringify(value))));
    fc.assert(fc.property(fc.jsonValue(), (value) => read(appText([group({ template: value })]))));
    fc.assert(
      fc.property(fc.nat(right.length), fc.nat(20), fc.string({ maxLength: 6 }), (start, length, put) =>
        read(right.slice(0, start) + put + right.slice(start + length)),
      ),
    );
  });
});
