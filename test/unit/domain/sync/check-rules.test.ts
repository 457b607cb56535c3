import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { TransshipError } from '../../../../src/domain/errors.ts';
import { checkRules } from '../../../../src/domain/sync/check-rules.ts';
import { brings } from '../../../../src/domain/sync/images.ts';
import { overlapsOf } from '../../../../src/domain/sync/overlaps.ts';
import type { SyncRule } from '../../../../src/domain/sync/rule.ts';
import { refusal, said } from '../fixtures.ts';
import { way } from './fixtures.ts';

const refused = (rule: SyncRule, ...others: SyncRule[]) => refusal(() => checkRules(rule, others));
const fits = (rule: SyncRule, ...others: SyncRule[]): void => expect(() => checkRules(rule, others)).not.toThrow();

describe('a conflict', () => {
  it('names the other rule, the registry, the patterns, and an image that both bring', () => {
    const other = way('all', 'east > south, south-edge', 'base/*', '**:v*,!*-dev');
    const { code, message, places } = refused(way('shop', 'north > south', 'pay/*:x', 'shop/*:v1*'), other);
    expect(code).toBe('SYNC_RULE_CONFLICT');
    expect(message).toBe(
      'rule shop: shop/* (v1*) would come to south from north, and rule all brings ** (v*, !*-dev) there from east: both bring shop/a:v1',
    );
    expect(places.map(said)).toEqual([
      `images[1]: ${message.slice('rule shop: '.length)} (take it out of one of the two, or delete the other rule: transship image rules delete all)`,
    ]);
  });

  it('names every other rule', () => {
    const others = [way('a', 'east > south', 'shop/web'), way('b', 'south-edge > south', 'shop/api')];
    expect(refused(way('shop', 'north > south', 'shop/**'), ...others).places).toHaveLength(2);
  });

  test.each([
    ['another registry', way('other', 'east > south-edge', 'shop/**')],
    ['the same source', way('other', 'north > south', 'shop/**')],
    ['other repositories', way('other', 'east > south', 'pay/**')],
    ['other tags', way('other', 'east > south', '**:latest')],
    ['what is left of its tags', way('other', 'east > south', 'shop/**:!v*')],
    ['the repositories that it leaves out', way('other', 'east > south', '**', '!shop/**')],
    ['the rule before it', way('shop', 'east > south', 'shop/**')],
  ])('is none with %s', (_what, other) => {
    fits(way('shop', 'north > south', 'shop/**:v*'), other);
  });
});

describe('a loop', () => {
  it('of two rules, there and back', () => {
    const back = way('back', 'south > north', '**:v*');
    const { code, message, places } = refused(way('there', 'north > east, south', 'base/*', 'shop/*'), back);
    expect(code).toBe('SYNC_RULE_LOOP');
    expect(message).toBe(
      'rule there: base/c:v would go in a circle, north → south → north, by there (base/*), back (** (v*))',
    );
    expect(places.map(said)).toEqual([
      'images[0]: base/c:v would go in a circle, north → south → north, by there (base/*), back (** (v*)) (take it out of one of these rules)',
    ]);
  });

  it('of many, the shortest; each with what the image goes by', () => {
    const others = [
      way('one', 'south > south-edge', 'shop/**'),
      way('two', 'south-edge > east', 'shop/*:v*'),
      way('three', 'east > north', '**:v1,v2'),
      way('short', 'south > east', 'pay/**'),
    ];
    const { message } = refused(way('new', 'north > south', 'shop/web'), ...others);
    expect(message).toContain('shop/web:v1 would go in a circle, north → south → south-edge → east → north');
    expect(message).toContain('by new (shop/web), one (shop/**), two (shop/* (v*)), three (** (v1, v2))');
    expect(refused(way('new', 'north > south', '**'), ...others).message).toContain('north → south → east → north');
  });

  it('is none where no image goes all the way, though each two rules have one in common', () => {
    const others = [way('one', 'south > east', 'a/**', 'b/**'), way('two', 'east > north', 'b/**', 'c/**')];
    fits(way('new', 'north > south', 'a/**', 'c/**'), ...others);
    refused(way('new', 'north > south', 'a/**', 'b/x'), ...others);
  });

  it('is none in a row', () => {
    fits(way('new', 'north > south', '**'), way('on', 'south > south-edge, east', '**'));
  });
});

test.each([[['shop/**:v*,!v*']], [['base/*', 'shop/**:v1,!v*']], [['shop/web', '!shop/**', 'base/*']]])(
  'a rule with an entry that brings nothing is refused: %j',
  (images) => {
    const { code, places } = refused(way('shop', 'north > south', ...images));
    expect(code).toBe('SYNC_RULE_INVALID');
    expect(places.map(({ message }) => message)).toEqual(['brings nothing: all that it brings is excluded, too']);
  },
);

test('a rule that cannot be compared is refused', () => {
  const intricate = way('shop', 'north > south', `b/*:*b,!*b${'?'.repeat(10)},!*c${'?'.repeat(10)},!*b`);
  const { code, places } = refused(intricate);
  expect(code).toBe('SYNC_RULE_INVALID');
  expect(places.map(({ message }) => message)).toEqual(['are too intricate to be compared with those of other rules']);
  expect(refusal(() => overlapsOf(intricate, [way('all', 'north > south', '**')])).code).toBe('SYNC_RULE_INVALID');
});

test('rules that bring the same images are told, and where they meet', () => {
  const others = [
    way('same', 'north > south, east', 'shop/web:v*'),
    way('before', 'east > north, south-edge', 'shop/**'),
    way('after', 'south > south-edge', '**:latest'),
    way('elsewhere', 'north > south-edge', '**'),
    way('apart', 'north > south', 'pay/**'),
  ];
  expect(overlapsOf(way('shop', 'north > south', 'shop/**'), others)).toEqual([
    { rule: 'same', how: 'same', registries: ['south'], example: 'shop/web:v' },
    { rule: 'before', how: 'before', registries: ['north'], example: 'shop/a:v' },
    { rule: 'after', how: 'after', registries: ['south'], example: 'shop/a:latest' },
  ]);
});

/** Images of a few names, as many as patterns of these rules tell apart. */
const IMAGES = ['a/x', 'a/y', 'b/x', 'b/y'].flatMap((repository) => ['v1', 'v2', 'w'].map((tag) => [repository, tag]));

const rules = fc
  .array(
    fc.record({
      ends: fc.shuffledSubarray(['north', 'south', 'east'], { minLength: 2, maxLength: 3 }),
      images: fc.array(fc.constantFrom('a/*', '*/x', 'b/y:v*', 'a/x:w', '**:!v1', '!b/*'), {
        minLength: 1,
        maxLength: 2,
      }),
    }),
    { maxLength: 5 },
  )
  .map((drafts) =>
    drafts
      .filter(({ images }) => images.some((image) => !image.startsWith('!')))
      .map(({ ends: [from = '', ...to], images }, at) => way(`rule-${at}`, `${from} > ${to.join(', ')}`, ...images)),
  );

it('refuses just those rules by which an image of a few comes from two sources, or back to where it was', () => {
  fc.assert(
    fc.property(rules, (all) => {
      const standing: SyncRule[] = [];
      for (const rule of all) {
        const bad = IMAGES.some(([repository = '', tag = '']) => isBad([...standing, rule], repository, tag));
        let code: string | null = null;
        try {
          checkRules(rule, standing);
        } catch (error) {
          if (!(error instanceof TransshipError)) throw error;
          ({ code } = error);
        }
        if (code === 'SYNC_RULE_INVALID') continue;
        expect(code !== null, JSON.stringify({ rule, standing, code })).toBe(bad);
        if (code === null) standing.push(rule);
      }
    }),
  );
});

/** By following the image from every registry, and looking at what comes where. */
function isBad(all: SyncRule[], repository: string, tag: string): boolean {
  const edges = all
    .filter((rule) => brings(rule, repository, tag))
    .flatMap(({ from, to }) => to.map((registry) => ({ from, registry })));
  const twice = edges.some((one) => edges.some((two) => two.registry === one.registry && two.from !== one.from));
  const comesBack = (start: string): boolean => {
    const reached = new Set<string>();
    const go = (registry: string): void => {
      for (const edge of edges) {
        if (edge.from !== registry || reached.has(edge.registry)) continue;
        reached.add(edge.registry);
        go(edge.registry);
      }
    };
    go(start);
    return reached.has(start);
  };
  return twice || ['north', 'south', 'east'].some(comesBack);
}
