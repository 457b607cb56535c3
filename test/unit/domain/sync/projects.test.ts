import { expect, test } from 'vitest';
import { projectsOf } from '../../../../src/domain/sync/projects.ts';
import { way } from './fixtures.ts';

const KNOWN = ['base', 'pay', 'secret', 'shop'];

test('projects that rules name, there or not, and those that may hold what wildcards bring', () => {
  expect(projectsOf([way('one', 'north > south', 'shop/**', 'new/web:v1')], KNOWN)).toEqual(['new', 'shop']);
  expect(projectsOf([way('all', 'north > south', '**/web')], KNOWN)).toEqual(KNOWN);
  expect(projectsOf([way('some', 'north > south', 's*/web')], KNOWN)).toEqual(['secret', 'shop']);
  expect(projectsOf([way('a', 'north > south', 'pay/a'), way('b', 'north > east', 'base/b')], KNOWN)).toEqual([
    'base',
    'pay',
  ]);
  expect(projectsOf([], KNOWN)).toEqual([]);
});

test('what a rule takes out is none of them; a repository without a project is in none', () => {
  expect(projectsOf([way('all', 'north > south', '**', '!secret/**', '!gone/web')], KNOWN)).toEqual([
    'base',
    'pay',
    'shop',
  ]);
  expect(projectsOf([way('top', 'north > south', 'web')], KNOWN)).toEqual([]);
});
