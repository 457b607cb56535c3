import { expect, test } from 'vitest';
import { destinationsOf } from '../../../../src/domain/sync/destinations.ts';
import { rule } from './fixtures.ts';

test('an image goes where the rules of its registry bring it, and nowhere else', () => {
  const rules = [
    rule({ name: 'a', to: ['south', 'east'], images: [{ repository: 'shop/**', tags: ['v*'] }] }),
    rule({ name: 'b', from: 'south', to: ['south-edge'], images: [{ repository: '**' }] }),
  ];
  const to = (registry: string, repository: string, tag: string): string[] =>
    destinationsOf(rules, registry, repository, tag).map((destination) => destination.registry);
  expect(to('north', 'shop/web', 'v1')).toEqual(['south', 'east']);
  expect(to('north', 'shop/web', 'latest')).toEqual([]);
  expect(to('north', 'pay/web', 'v1')).toEqual([]);
  expect(to('south', 'pay/web', 'v1')).toEqual(['south-edge']);
  expect(to('east', 'shop/web', 'v1')).toEqual([]);
});

test('of one rule: as it says', () => {
  const low = rule({
    platforms: ['linux/amd64'],
    referrers: false,
    createProject: true,
    priority: 'low',
    windows: ['22:00-06:00 UTC'],
  });
  expect(destinationsOf([low], 'north', 'shop/web', 'v1')).toEqual([
    {
      registry: 'south',
      priority: 'low',
      platforms: ['linux/amd64'],
      referrers: false,
      createProject: true,
      windows: ['22:00-06:00 UTC'],
      rules: ['shop'],
    },
  ]);
});

test('of several: the highest priority, and everything that any of them asks for', () => {
  const night = { priority: 'low', windows: ['22:00-06:00 UTC'] };
  const amd = rule({ ...night, name: 'amd', platforms: ['linux/amd64'], referrers: false });
  const arm = rule({
    ...night,
    name: 'arm',
    platforms: ['linux/arm64'],
    windows: ['12:00-13:00 UTC'],
    createProject: true,
  });
  const all = rule({ name: 'all', priority: 'high', referrers: false });
  expect(destinationsOf([amd, arm], 'north', 'shop/web', 'v1')).toEqual([
    {
      registry: 'south',
      priority: 'low',
      platforms: ['linux/amd64', 'linux/arm64'],
      referrers: true,
      createProject: true,
      windows: ['22:00-06:00 UTC', '12:00-13:00 UTC'],
      rules: ['amd', 'arm'],
    },
  ]);
  expect(destinationsOf([amd, all], 'north', 'shop/web', 'v1')).toEqual([
    { registry: 'south', priority: 'high', referrers: false, createProject: false, rules: ['amd', 'all'] },
  ]);
  // One of them may go at any time.
  const always = rule({ name: 'always', priority: 'low' });
  expect(destinationsOf([amd, always], 'north', 'shop/web', 'v1')[0]).not.toHaveProperty('windows');
});
