import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseApp } from '../../../src/domain/app.ts';
import { appText } from '../../../src/domain/marathon/app-text.ts';
import { FIELDS } from '../../../src/domain/marathon/fields.ts';
import { needsPerson } from '../../../src/domain/marathon/totals.ts';
import { translateApp } from '../../../src/domain/marathon/translate.ts';
import { fleet } from './fixtures.ts';
import { CORPUS } from './marathon-corpus.ts';
import { expectAccounted, marathonApp, OPTIONS } from './marathon-fixtures.ts';

/** Values of every kind: where one is right, many are not. */
const value = fc.oneof(
  fc.constantFrom<unknown[]>(null, true, false, '', {}, [], [[]], [{}], { a: { b: 1 } }, ['x', 1], [null]),
  fc.constantFrom<unknown[]>(0, 1, -1, 1.5, 80, 8080, 70_000, 1e12),
  fc.constantFrom(
    'x',
    '/x',
    '80',
    'HTTP',
    'TCP',
    'COMMAND',
    'host',
    'container',
    'HOST',
    'USER',
    'udp',
    'RO',
    'disabled',
  ),
  fc.constantFrom<unknown[]>(['hostname', 'UNIQUE'], ['rack', 'LIKE', 'a|b'], { secret: 's' }, { size: 1 }, 'a/b:c'),
);
const key = fc.constantFrom('a', 'b c', 'owner', 'VIP_0', 'env', 's');

/** A field of the table, with indexes and keys, and a value. */
const setting = fc
  .tuple(fc.constantFrom(...FIELDS.map(({ field }) => field)), fc.nat(2), key, value)
  .map(([field, index, name, set]) => {
    const path = field.split('.').flatMap((part) => part.split(/(?=\[\])/));
    const filled = path
      .filter((part) => part !== '**')
      .map((part) => (part === '[]' ? index : part === '*' ? name : part));
    return { path: filled, value: set };
  });

/** The object with the value at the path; what stands in the way is replaced. */
function put(target: unknown, [first, ...rest]: (string | number)[], set: unknown): unknown {
  if (first === undefined) return set;
  if (typeof first === 'number') {
    const list: unknown[] = Array.isArray(target) ? [...(target as unknown[])] : [];
    const at = Math.min(first, list.length);
    list[at] = put(list[at], rest, set);
    return list;
  }
  const fields = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  return { ...fields, [first]: put((fields as Record<string, unknown>)[first], rest, set) };
}

const anyApp = fc
  .tuple(fc.constantFrom({}, marathonApp(), ...CORPUS), fc.array(setting, { maxLength: 12 }))
  .map(([app, settings]) => settings.reduce<unknown>((built, { path, value: set }) => put(built, path, set), app));

test('whatever an app holds, every field of it is accounted for, once', () => {
  fc.assert(
    fc.property(anyApp, (app) => {
      const translation = translateApp(app, '/shop/web', OPTIONS, null);
      expectAccounted(app, translation);
      // What a person has to mend is what it means, not how it is written.
      expect(parseApp(appText(translation), fleet, 'app').app).toBe('shop-web');
    }),
    { numRuns: 300 },
  );
});

test('an app of which nothing needs a person is an app file that passes all checks', () => {
  let passed = 0;
  fc.assert(
    fc.property(fc.array(setting, { maxLength: 3 }), (settings) => {
      const app = settings.reduce<unknown>((built, { path, value: set }) => put(built, path, set), marathonApp());
      const translation = translateApp(app, '/shop/web', OPTIONS, null);
      if (needsPerson(translation.findings)) return;
      passed++;
      expect(parseApp(appText(translation), fleet, 'app').app).toBe('shop-web');
    }),
    { numRuns: 300 },
  );
  expect(passed).toBeGreaterThan(50);
});
