import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { stringify } from 'yaml';
import { TransshipError } from '../../../../src/domain/errors.ts';
import { brings, deletes } from '../../../../src/domain/sync/images.ts';
import { everySeconds, parseRule } from '../../../../src/domain/sync/rule.ts';
import { refusal, said } from '../fixtures.ts';
import { FLEET, rule, ruleText } from './fixtures.ts';

describe('parseRule', () => {
  it('fills every default in', () => {
    expect(rule()).toEqual({
      name: 'shop',
      from: 'north',
      to: ['south'],
      images: [{ repository: 'shop/**' }],
      referrers: true,
      onPush: true,
      every: '10m',
      priority: 'normal',
      parallel: 4,
      createProject: false,
      deletions: { tags: false, keep: [], most: 20, repositories: false },
    });
  });

  it('keeps what is given, from JSON too; what it gives is a rule again', () => {
    const given = {
      name: 'all',
      from: 'south-edge',
      to: ['north', 'east'],
      images: [{ repository: '**', tags: ['v*', '!*-dev'] }, { repository: '!shop/secret/**' }],
      platforms: ['linux/amd64', 'linux/arm/v7'],
      referrers: false,
      onPush: false,
      every: '24h',
      priority: 'low',
      parallel: 1,
      windows: ['22:00-06:00 Europe/Berlin'],
      createProject: true,
      deletions: { tags: true, keep: ['latest'], most: 20, repositories: false },
    };
    const read = parseRule(JSON.stringify(given), FLEET, 'rule.json');
    expect(read).toEqual(given);
    expect(parseRule(stringify(read), FLEET, 'rule.yml')).toEqual(given);
  });

  // What is wrong, the rule, every place it must name.
  test.each<[string, object, string[]]>([
    [
      'no source',
      { from: undefined },
      ['from: is missing: a text (Registry that the images are in: the name of an IDC, or of a replica.)'],
    ],
    [
      'a registry that is a slip',
      { from: 'nort', to: ['south-egde'] },
      [
        'from: no registry "nort" in the fleet file (did you mean "north"?)',
        'to[0]: no registry "south-egde" in the fleet file (did you mean "south-edge"?)',
      ],
    ],
    [
      'a registry that there is not',
      { to: ['mars'] },
      ['to[0]: no registry "mars" in the fleet file (there is north, south, south-edge, east)'],
    ],
    [
      'its own source',
      { to: ['south', 'north'] },
      ['to[1]: is where the images come from (a rule brings them to other registries)'],
    ],
    ['a destination twice', { to: ['south', 'south'] }, ['to[1]: registry "south" is there twice (first at to[0])']],
    ['nowhere to go', { to: [] }, ['to: needs at least 1 entry']],
    ['no images', { images: [] }, ['images: needs at least 1 entry']],
    [
      'only exclusions',
      { images: [{ repository: '!shop/**' }] },
      ['images: only takes out (say which repositories are to be brought: { repository: "**" } is all)'],
    ],
    [
      'an exclusion with tags',
      { images: [{ repository: '**' }, { repository: '!shop/**', tags: ['v*'] }] },
      ['images[1].tags: has no place at repositories that are taken out (put "!…" into the tags of the other entries)'],
    ],
    ['an unknown key', { image: [] }, ['image: is not a known key (did you mean "images"?)']],
    [
      'windows without effect',
      { windows: ['22:00-06:00 UTC'] },
      ['windows: count with priority low only (write "priority: low" too, or leave them out)'],
    ],
    [
      'a window without zone',
      { priority: 'low', windows: ['22:00-06:00'] },
      ['windows[0]: must be a time of day with its zone: 22:00-06:00 Europe/Berlin'],
    ],
    [
      'a priority that there is not',
      { priority: 'urgent' },
      ['priority: must be "high" or "normal" or "low" (there is high, normal, low)'],
    ],
    ['too often', { every: '30s' }, ['every: must be 1m to 24h']],
    ['too seldom', { every: '25h' }, ['every: must be 1m to 24h']],
    ['never', { every: 'never' }, ['every: must be how often: 10m, 2h']],
    ['a platform that is none', { platforms: ['amd64'] }, ['platforms[0]: must be os/architecture: linux/amd64']],
    ['too many at once', { parallel: 65 }, ['parallel: must be at most 64']],
    [
      'an exclusion among what is kept',
      { deletions: { keep: ['!v*'] } },
      ['deletions.keep[0]: must be letters, digits and any of . _ - with * and ? for what may vary'],
    ],
  ])('refuses %s', (_what, change, expected) => {
    const { code, places } = refusal(() => rule(change));
    expect(code).toBe('SYNC_RULE_INVALID');
    expect(places.map(said)).toEqual(expected);
  });

  test.each([
    ['', 'is empty; * stands for all'],
    ['!', 'is empty; * stands for all'],
    ['{a,b}/c', 'must not hold {}, [] or \\: write an entry for each of what is meant'],
    ['Shop/*', 'must be lower-case, as all repositories are'],
    ['shop/web:v1', 'must not name a registry host, tag or digest; tags stand in "tags"'],
    ['registry:5000/shop/*', 'must not name a registry host, tag or digest; tags stand in "tags"'],
    ['shop web', 'must be letters, digits and any of . _ - / with * ** and ? for what may vary'],
    ['shop/a**', '** stands alone between slashes: shop/**, **/web'],
    ['shop/***', '** stands alone between slashes: shop/**, **/web'],
    ['/shop/*', 'matches no name that a repository may have'],
    ['shop/', 'matches no name that a repository may have'],
    ['shop/-*', 'matches no name that a repository may have'],
    ['a'.repeat(256), 'must have at most 255 characters'],
  ])('refuses the repository %s', (repository, message) => {
    const { places } = refusal(() => rule({ images: [{ repository: 'base/*' }, { repository }] }));
    expect(places.map(said)).toContain(`images[1].repository: ${message}`);
  });

  test.each([
    ['', 'is empty; * stands for all'],
    ['v1/2', 'must be letters, digits and any of . _ - with * and ? for what may vary'],
    ['[0-9]*', 'must not hold {}, [] or \\: write an entry for each of what is meant'],
    ['v**', 'must not hold **: a tag has no parts, * stands for anything'],
    ['.*', 'matches no name that a tag may have'],
    ['v'.repeat(129), 'must have at most 128 characters'],
    [`*a${'?'.repeat(40)}`, 'is too intricate to be compared with others; use fewer ? after a *'],
  ])('refuses the tag %s', (tag, message) => {
    const { places } = refusal(() => rule({ images: [{ repository: '**', tags: [tag] }] }));
    expect(places.map(said)).toEqual([`images[0].tags[0]: ${message}`]);
  });

  it('names the file, the line and the column', () => {
    const text = 'name: shop\nfrom: north\nto:\n  - south\n  - nroth\nimages: [{ repository: Shop }]\n';
    const { message, places } = refusal(() => parseRule(text, FLEET, 'my/rule.yml'));
    expect(places.map(({ path, line, column }) => [path, line, column])).toEqual([
      ['to[1]', 5, 5],
      ['images[0].repository', 6, 12],
    ]);
    expect(message).toBe('my/rule.yml: to[1] no registry "nroth" in the fleet file, and 1 more');
  });

  it('refuses any other document with places, and fails in no other way', () => {
    const read = (text: string): void => {
      try {
        parseRule(text, FLEET, 'rule.yml');
      } catch (error) {
        if (!(error instanceof TransshipError)) throw error;
        expect(error.code).toBe('SYNC_RULE_INVALID');
        expect(error.places).not.toEqual([]);
      }
    };
    fc.assert(fc.property(fc.jsonValue(), (value) => read(stringify(value))));
    fc.assert(fc.property(fc.jsonValue(), (value) => read(ruleText({ images: value }))));
  });
});

test('how often, in seconds', () => {
  expect(['60s', '10m', '24h'].map(everySeconds)).toEqual([60, 600, 86_400]);
});

const images = rule({
  images: [
    { repository: 'shop/**', tags: ['v*', 'latest', '!*-dev'] },
    { repository: 'base/*', tags: ['!old'] },
    { repository: '!shop/secret/**' },
  ],
  deletions: { tags: true, keep: ['latest', 'v1.*'], most: 20, repositories: false },
});

test.each([
  ['shop/web', 'v1', true],
  ['shop/web', 'latest', true],
  ['shop/web', 'v1-dev', false],
  ['shop/web', 'nightly', false],
  ['shop/secret/web', 'v1', false],
  ['base/node', 'anything', true],
  ['base/node', 'old', false],
  ['base/node/slim', 'v1', false],
  ['other', 'v1', false],
])('%s:%s is brought: %s', (repository, tag, expected) => {
  expect(brings(images, repository, tag)).toBe(expected);
});

test('a tag is taken away only where the rule says so, and brought it, and does not keep it', () => {
  expect(deletes(images, 'shop/web', 'v2')).toBe(true);
  expect(deletes(images, 'shop/web', 'v1.2')).toBe(false);
  expect(deletes(images, 'shop/web', 'latest')).toBe(false);
  expect(deletes(images, 'shop/web', 'nightly')).toBe(false);
  expect(deletes(rule(), 'shop/web', 'v2')).toBe(false);
});
