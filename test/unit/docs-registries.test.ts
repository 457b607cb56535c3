import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkRules } from '../../src/domain/sync/check-rules.ts';
import { matches, compileGlob } from '../../src/domain/sync/glob.ts';
import { parseRule } from '../../src/domain/sync/rule.ts';
import { refusal } from './domain/fixtures.ts';
import { FLEET, way } from './domain/sync/fixtures.ts';

const page = readFileSync(new URL('../../docs/registries.md', import.meta.url), 'utf8');
const example = parseRule(/```yaml\n([^]*?)```/.exec(page)?.[1] ?? '', FLEET, 'docs/registries.md');

test('the rule of the page is one, and conflicts as it says', () => {
  checkRules(example, []);
  const { message } = refusal(() => checkRules(way('web', 'east > south', 'shop/web'), [example]));
  expect(page).toContain(`images[0]: ${message.slice('rule web: '.length)}\n`);
  checkRules(way('web', 'east > south', 'shop/web:!v*,!latest'), [example]);
});

test('rules may go both ways, and in a row, as it says', () => {
  checkRules(way('back', 'south > north', 'pay/**'), [way('there', 'north > south', 'shop/**')]);
  checkRules(way('on', 'south > south-edge', '**'), [way('there', 'north > south', '**')]);
  const { message } = refusal(() =>
    checkRules(way('there', 'north > south', '**'), [way('back', 'south > north', '**')]),
  );
  expect(message).toContain('north → south → north');
  expect(page).toContain('`north → south → north`');
});

test('patterns stand for what the table says', () => {
  const glob = (text: string, name: string): boolean => matches(compileGlob(text), name);
  expect([glob('shop/*', 'shop/web'), glob('shop/*', 'shop/team/web'), glob('shop/**', 'shop/team/web')]).toEqual([
    true,
    false,
    true,
  ]);
  expect([glob('**/web', 'web'), glob('**/web', 'shop/web')]).toEqual([true, true]);
});
