import { expect, test } from 'vitest';
import { routesOf, type ShownApp } from '../../devfleet/frontdoor/marathon.ts';

const LABELS = { 'transship.dev/app': 'shop', 'transship.dev/group': 'web', 'transship.dev/az-set': 'shop-web-az-2' };

interface State {
  open: string | null;
  places: { app: string | null; task?: string; leaving?: string }[];
  out: Record<string, object>;
}

const record = (number: number, state: State): ShownApp => ({
  id: `/pro/shop-web-az-2/record-${number}`,
  labels: { ...LABELS, 'transship.dev/state': JSON.stringify(state) },
  tasks: [],
});

/** @param tasks number → state */
const app = (segment: string, tasks: Record<number, string>): ShownApp => ({
  id: `/pro/shop-web-az-2/${segment}`,
  labels: LABELS,
  container: { portMappings: [{ containerPort: 8080 }] },
  tasks: Object.entries(tasks).map(([n, state]) => ({
    id: `t${n}`,
    state,
    stagedAt: `2026-11-28T00:00:0${n}Z`,
    ipAddresses: [{ ipAddress: `10.0.0.${n}` }],
  })),
});

const routed = (...apps: ShownApp[]) =>
  (routesOf('south', apps).get('pro/shop-web') ?? []).map(({ address, pod }) => `${address} ${pod ?? ''}`);

const held = [
  { app: 'a', task: 't1' },
  { app: 'a', task: 't2' },
];

test('tasks in places that nobody keeps out, by the record with the highest number', () => {
  const before = record(9, { open: null, places: held, out: {} });
  const now = record(10, { open: null, places: held, out: { t2: { release: 'v2' } } });
  const tasks = app('a', { 1: 'TASK_RUNNING', 2: 'TASK_RUNNING' });
  expect(routed(before, now, tasks)).toEqual(['10.0.0.1 shop-web-az-2-0']);
  expect(routesOf('south', [now, tasks]).get('pro/shop-web')).toEqual([
    { address: '10.0.0.1', port: 8080, cluster: 'south', pod: 'shop-web-az-2-0' },
  ]);
});

test.each(['TASK_STAGING', 'TASK_KILLING', 'TASK_UNREACHABLE'])('not to one that is %s', (state) => {
  const tasks = app('a', { 1: 'TASK_RUNNING', 2: state });
  expect(routed(record(1, { open: null, places: held, out: {} }), tasks)).toEqual(['10.0.0.1 shop-web-az-2-0']);
});

test('not to one that is to leave, nor to what comes in its place before it is known', () => {
  const leaving = [held[0], { app: 'b', leaving: 't2' }].flatMap((place) => place ?? []);
  const apps = [app('a', { 1: 'TASK_RUNNING', 2: 'TASK_RUNNING' }), app('b', { 3: 'TASK_RUNNING' })];
  expect(routed(record(1, { open: null, places: leaving, out: {} }), ...apps)).toEqual(['10.0.0.1 shop-web-az-2-0']);
});

test('to what Marathon started again by itself, in a free place of its app; but not while the set is open', () => {
  const tasks = app('a', { 1: 'TASK_RUNNING', 4: 'TASK_RUNNING' });
  expect(routed(record(1, { open: null, places: held, out: {} }), tasks)).toEqual([
    '10.0.0.1 shop-web-az-2-0',
    '10.0.0.4 shop-web-az-2-1',
  ]);
  expect(routed(record(1, { open: 'b', places: held, out: {} }), tasks)).toEqual(['10.0.0.1 shop-web-az-2-0']);
});

test('not to tasks for which there is no place, the youngest last', () => {
  const tasks = app('a', { 5: 'TASK_RUNNING', 4: 'TASK_RUNNING', 3: 'TASK_RUNNING' });
  expect(routed(record(1, { open: null, places: held, out: {} }), tasks)).toEqual([
    '10.0.0.3 shop-web-az-2-0',
    '10.0.0.4 shop-web-az-2-1',
  ]);
});

test('apps without a record are not ours', () => {
  expect(routed(app('a', { 1: 'TASK_RUNNING' }))).toEqual([]);
});
