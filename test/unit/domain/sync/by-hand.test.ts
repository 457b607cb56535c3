import { expect, test } from 'vitest';
import { planSync, waysOf, type ImageWanted } from '../../../../src/domain/sync/by-hand.ts';
import type { RegistryLook } from '../../../../src/domain/sync/look.ts';
import type { SyncRule } from '../../../../src/domain/sync/rule.ts';
import { refusal } from '../fixtures.ts';
import { rule, way } from './fixtures.ts';

const KNOWN = ['north', 'south', 'south-edge', 'east'];
const [ONE, TWO] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];

const wanted = (change: Partial<ImageWanted> = {}): ImageWanted => ({
  ...{ repository: 'shop/web', tag: 'v1', digest: null, as: 'v1' },
  ...change,
});
const byDigest = (change: Partial<ImageWanted> = {}): ImageWanted =>
  wanted({ tag: null, digest: ONE, as: null, ...change });

/** What each registry names by each reference; left out: nothing. Null: it does not answer. */
function looks(...each: [registry: string, digests: Record<string, string> | null][]): Map<string, RegistryLook> {
  const trouble = { verdict: 'errored', code: 'REGISTRY_UNREACHABLE', message: 'no answer' } as const;
  return new Map(
    each.map(([registry, digests]) => [
      registry,
      { registry, digests: digests ?? {}, isCut: false, trouble: digests === null ? trouble : null },
    ]),
  );
}

const plan = (rules: SyncRule[], image: ImageWanted, seen: Map<string, RegistryLook>) =>
  planSync(rules, image, waysOf(rules, image, KNOWN), seen);

const chain = [way('shop', 'north > east, south', 'shop/**'), way('on', 'south > south-edge', 'shop/**')];

test('where from and where to is what the rules say, in the order of the fleet file, unless it is named', () => {
  expect(waysOf(chain, wanted(), KNOWN)).toEqual({
    ...{ sources: ['north', 'south'], to: ['south', 'south-edge', 'east'], missing: [] },
  });
  expect(waysOf(chain, wanted({ from: 'south' }), KNOWN)).toMatchObject({ sources: ['south'], to: ['south-edge'] });
  expect(waysOf(chain, wanted({ to: ['east'] }), KNOWN)).toMatchObject({ sources: ['north'], to: ['east'] });
  expect(waysOf(chain, wanted({ to: ['south-edge', 'east'] }), KNOWN)).toMatchObject({
    ...{ sources: ['north', 'south'], to: ['south-edge', 'east'] },
  });
  const named = { from: 'east', to: ['south', 'north'] };
  expect(waysOf([], byDigest(named), KNOWN)).toEqual({ sources: ['east'], to: ['south', 'north'], missing: [] });
});

test('registries that the fleet has no more are named, and left out', () => {
  expect(waysOf(chain, wanted(), ['north', 'east'])).toEqual({
    ...{ sources: ['north'], to: ['east'], missing: ['south', 'south-edge'] },
  });
});

test.each<[string, ImageWanted, string]>([
  ['no rule brings it', wanted({ repository: 'pay/web' }), 'no sync rule brings pay/web:v1; name both from and to'],
  ['nor from there', wanted({ from: 'east' }), 'no sync rule brings shop/web:v1 from east; name to'],
  ['nor to there', wanted({ to: ['north'] }), 'no sync rule brings shop/web:v1 to north; name from'],
  ['rules know no digests', byDigest({ to: ['south'] }), 'rules go by tags: say its tag, or name both from and to'],
])('%s: that is said, and how to name where', (_why, image, words) => {
  const { code, message, places } = refusal(() => waysOf(chain, image, KNOWN));
  expect([code, message]).toEqual(['REQUEST_INVALID', expect.stringContaining(words)]);
  expect(places).toHaveLength(1);
});

test('it does not go where it comes from', () => {
  const both = wanted({ from: 'north', to: ['east', 'north'] });
  const { code, places } = refusal(() => waysOf(chain, both, KNOWN));
  expect([code, places[0]?.path]).toEqual(['REQUEST_INVALID', 'to[1]']);
  // Nor where the rules find that it comes from.
  const found = wanted({ to: ['east', 'north'] });
  const seen = looks(['north', { v1: ONE }], ['east', {}]);
  expect(refusal(() => plan(chain, found, seen)).places[0]).toMatchObject({ path: 'to[1]' });
});

test('the plan says what is in each destination, and what its rules ask for', () => {
  const rules = [
    rule({
      ...{ name: 'shop', to: ['south', 'east'], platforms: ['linux/amd64'], referrers: false },
      createProject: true,
    }),
    way('on', 'south > south-edge', 'shop/**'),
  ];
  const seen = looks(['north', { v1: ONE }], ['south', { v1: ONE }], ['south-edge', null], ['east', { v1: TWO }]);
  expect(plan(rules, wanted(), seen)).toEqual({
    from: 'north',
    digest: ONE,
    to: [
      {
        ...{ registry: 'south', now: 'same', digest: ONE, trouble: null },
        ...{ rules: ['shop'], platforms: ['linux/amd64'], referrers: false, createProject: true },
      },
      {
        ...{ registry: 'south-edge', now: 'unreachable', digest: null, rules: ['on'], referrers: true },
        createProject: false,
        trouble: { verdict: 'errored', code: 'REGISTRY_UNREACHABLE', message: 'no answer' },
      },
      {
        ...{ registry: 'east', now: 'other', digest: TWO, trouble: null },
        ...{ rules: ['shop'], platforms: ['linux/amd64'], referrers: false, createProject: true },
      },
    ],
  });
});

test('it goes on from a destination only if that has it, and the same', () => {
  const onward = (south: Record<string, string>): string[] =>
    plan(chain, wanted(), looks(['north', { v1: ONE }], ['south', south], ['east', {}], ['south-edge', {}])).to.map(
      ({ registry }) => registry,
    );
  expect(onward({ v1: ONE })).toEqual(['south', 'south-edge', 'east']);
  expect(onward({})).toEqual(['south', 'east']);
  // What south names by it is about to be replaced.
  expect(onward({ v1: TWO })).toEqual(['south', 'east']);
});

test('it comes from a registry that has it, though another one was to have it first', () => {
  const seen = looks(['north', {}], ['south', { v1: TWO }], ['south-edge', {}], ['east', {}]);
  expect(plan(chain, wanted(), seen)).toMatchObject({ from: 'south', digest: TWO, to: [{ registry: 'south-edge' }] });
});

test('sources that differ are told; one of them is to be named', () => {
  const rules = [way('one', 'north > south', 'shop/**'), way('two', 'east > south-edge', 'shop/**')];
  const seen = looks(['north', { v1: ONE }], ['east', { v1: TWO }], ['south', {}], ['south-edge', {}]);
  const { code, message } = refusal(() => plan(rules, wanted(), seen));
  expect(code).toBe('IMAGE_DIFFERS');
  expect(message).toContain(`north ${ONE}, east ${TWO}`);
  expect(plan(rules, wanted({ from: 'east' }), seen)).toMatchObject({ from: 'east', to: [{ registry: 'south-edge' }] });
});

test('an image that no source has, or can be asked for, is refused with the reason', () => {
  const { code, message } = refusal(() => plan(chain, wanted({ from: 'north' }), looks(['north', {}])));
  expect([code, message]).toEqual(['IMAGE_UNKNOWN', 'shop/web:v1 is not in north, where it was to come from']);
  const away = refusal(() => plan(chain, wanted({ from: 'north' }), looks(['north', null])));
  expect([away.code, away.message]).toEqual(['REGISTRY_UNREACHABLE', 'no answer']);
});

test('a tag is moved only to what the source names by it', () => {
  const named = { from: 'north', to: ['east'], as: 'stable' };
  const seen = (stable: Record<string, string>): Map<string, RegistryLook> =>
    looks(['north', { v1: ONE, [ONE]: ONE, ...stable }], ['east', { stable: TWO }]);
  expect(plan([], wanted(named), seen({ stable: ONE })).to).toMatchObject([{ now: 'other', digest: TWO }]);
  expect(plan([], byDigest(named), seen({ stable: ONE })).digest).toBe(ONE);
  const moved = refusal(() => plan([], wanted(named), seen({ stable: TWO })));
  expect([moved.code, moved.message]).toEqual([
    'IMAGE_DIFFERS',
    expect.stringContaining(`shop/web:stable is ${TWO} in north, not ${ONE}`),
  ]);
  const { message } = refusal(() => plan([], byDigest(named), seen({})));
  expect(message).toContain('shop/web:stable is nothing in north');
});

test('by its digest alone it is there where its manifest is', () => {
  const image = byDigest({ from: 'north', to: ['east', 'south'] });
  const { to } = plan([], image, looks(['north', { [ONE]: ONE }], ['east', { [ONE]: ONE }], ['south', {}]));
  expect(to.map(({ registry, now, rules, referrers }) => [registry, now, rules, referrers])).toEqual([
    ['east', 'same', [], true],
    ['south', 'absent', [], true],
  ]);
});
