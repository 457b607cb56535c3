import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkChange, diffDefinition } from '../../../src/domain/change.ts';
import { app, group, refusal, template } from './fixtures.ts';

const one = [{ cluster: 'north-1', az: 'az-1', instances: 2 }];
const two = [...one, { cluster: 'north-1', az: 'az-2', instances: 1 }];
/** They stand where `two` says. */
const all = () => two.map(({ instances: count, ...place }) => ({ ...place, count }));
const none = () => undefined;

describe('diffDefinition', () => {
  it('says a new app as a whole', () => {
    expect(diffDefinition(null, app())).toEqual([{ path: '', before: undefined, after: app() }]);
  });

  it('says nothing where nothing changed, whatever the order of keys', () => {
    expect(diffDefinition(app(), app())).toEqual([]);
    const probes = (probe: object) =>
      app(group({ template: template({ containers: [{ name: 'web', args: [probe] }] }) }));
    expect(diffDefinition(probes({ a: 1, b: 2 }), probes({ b: 2, a: 1 }))).toEqual([]);
  });

  it('says every leaf that changed, entries by what identifies them', () => {
    const before = app(group({ placement: two }), group({ environment: 'pro' }));
    const after = app(
      group({ environment: 'pro', health: { port: 8080, timeoutSeconds: 60 } }),
      group({
        placement: [{ cluster: 'north-1', az: 'az-1', instances: 5 }],
        template: template({ terminationGracePeriodSeconds: 5 }, { labels: { 'team/name': 'shop' } }),
      }),
    );
    expect(diffDefinition(before, after)).toEqual([
      { path: 'groups["pro/web"].health.timeoutSeconds', before: 180, after: 60 },
      { path: 'groups["fat/web"].placement["north-1/az-1"].instances', before: 2, after: 5 },
      {
        path: 'groups["fat/web"].placement["north-1/az-2"]',
        before: { cluster: 'north-1', az: 'az-2', instances: 1 },
        after: undefined,
      },
      {
        path: 'groups["fat/web"].template.metadata',
        before: undefined,
        after: { labels: { 'team/name': 'shop' } },
      },
      { path: 'groups["fat/web"].template.spec.terminationGracePeriodSeconds', before: undefined, after: 5 },
    ]);
  });

  it('says a list without names as a whole', () => {
    const before = app(group({ health: { port: 8080, codes: { failed: [500] } } }));
    expect(diffDefinition(before, app())).toEqual([
      { path: 'groups["fat/web"].health.codes.failed', before: [500], after: [527] },
    ]);
  });

  it('says something exactly when something changed', () => {
    const specs = fc
      .dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 })
      .map((args) => app(group({ template: template({ containers: [{ name: 'web', args }] }) })));
    fc.assert(
      fc.property(specs, specs, (before, after) => {
        expect(diffDefinition(before, before)).toEqual([]);
        let equal = true;
        try {
          expect(after).toEqual(before);
        } catch {
          equal = false;
        }
        expect(diffDefinition(before, after).length === 0).toBe(equal);
      }),
    );
  });
});

describe('checkChange', () => {
  it('lets a new app and groups without instances be placed anew', () => {
    checkChange(null, app(), all);
    checkChange(app(group({ placement: one })), app(group({ placement: two })), none);
  });

  it('lets everything but the placement change', () => {
    checkChange(app(group({ placement: one })), app(group({ placement: one, images: { web: 'shop/other' } })), all);
    checkChange(app(group()), app(group(), group({ environment: 'pro' })), all);
    checkChange(app(group(), group({ environment: 'pro' })), app(group({ environment: 'pro' }), group()), all);
  });

  it('lets a group that was scaled say its size of before, or what it has', () => {
    const scaled = () => two.map((place) => ({ ...place, count: 7 }));
    const to = (...counts: number[]) =>
      app(group({ placement: two.map((place, at) => ({ ...place, instances: counts[at] ?? 0 })) }));
    const before = app(group({ placement: two }));
    for (const counts of [
      [2, 1],
      [7, 7],
      [2, 7],
    ])
      checkChange(before, to(...counts), scaled);
    const refused = refusal(() => checkChange(before, to(7, 8), scaled));
    expect(refused.places[0]?.message).toContain('stands at north-1/az-1: 7, north-1/az-2: 7');
  });

  it('refuses another size, another place, another order and the end of a group that has instances', () => {
    const change = (placement: object[]) =>
      refusal(() => checkChange(app(group({ placement: two })), app(group({ placement })), all));
    const larger = change([...one, { cluster: 'north-1', az: 'az-2', instances: 9 }]);
    expect(larger.code).toBe('SIZE_CHANGE_UNSUPPORTED');
    expect(larger.places).toEqual([
      {
        path: 'groups[0].placement',
        message: 'says north-1/az-1: 2, north-1/az-2: 9, and the group stands at north-1/az-1: 2, north-1/az-2: 1',
        hint: 'put it back; transship scale shop web --env fat changes its size',
      },
    ]);
    for (const placement of [one, two.toReversed(), [...two, { cluster: 'south-1', az: 'az-1', instances: 1 }]]) {
      expect(change(placement).code).toBe('SIZE_CHANGE_UNSUPPORTED');
    }
    const both = app(group(), group({ environment: 'pro' }));
    const gone = refusal(() =>
      checkChange(both, app(group()), ({ env, app: name, group: of }) =>
        `${env}/${name}/${of}` === 'pro/shop/web' ? [] : undefined,
      ),
    );
    expect(gone.message).toBe('app shop: groups lacks pro/web, which has instances (groups with instances: pro/web)');
  });
});
