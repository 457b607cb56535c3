import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Finding } from '../../../src/domain/sync/connection.ts';
import { parseRule } from '../../../src/domain/sync/rule.ts';
import type { RegistryConnections } from '../../../src/http/schemas/connection.ts';
import { BY_ALICE } from '../../support/catalogue.ts';
import { TemporalDouble } from '../../support/sync/temporal-double.ts';
import { FLEET } from '../http/support.ts';
import { listen, type ListeningApi } from './support.ts';

// Real servers, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const temporal = new TemporalDouble();
let api: ListeningApi;

beforeAll(async () => {
  api = await listen(temporal.link);
});
afterAll(async () => api.close());
beforeEach(async () => {
  const rule = 'name: shop\nfrom: north\nto: [edge]\nimages: [{ repository: shop/** }]';
  await api.catalogue.syncRules.put(parseRule(rule, FLEET, 'rule'), BY_ALICE, { check: () => undefined });
  temporal.connected.length = 0;
  temporal.findings.clear();
});

const finding = (state: Finding['state'], more: Partial<Finding> = {}): Finding => ({
  ...{ about: 'webhook of project shop', state, message: 'is missing', next: null },
  ...more,
});
const connect = async (args: string[] = [], options: Parameters<ListeningApi['cli']>[1] = {}) =>
  api.cli(['registry', 'connect', ...args], options);
const applied = (): boolean[] => temporal.connected.map(({ apply }) => apply);

test('what sync rules name is looked at, and nothing else; with nothing to do it ends', async () => {
  temporal.findings.set('north', [finding('ok', { message: 'transship tells it' })]);
  const { exit, stdout, stderr } = await connect();
  expect([exit, stderr]).toEqual([0, '']);
  expect(stdout).toBe(
    'north  harbor\n  ok       webhook of project shop: transship tells it\nedge  distribution\nnothing to do\n',
  );
  expect(temporal.connected).toEqual([
    { registry: 'north', rules: ['shop'], apply: false },
    { registry: 'edge', rules: ['shop'], apply: false },
  ]);
});

test('one that is named is looked at, whatever the rules name; one that the fleet has not is refused', async () => {
  const { stdout } = await connect(['far']);
  expect(stdout).toBe('far  distribution\nnothing to do\n');
  const { exit, stderr } = await connect(['norht']);
  expect([exit, stderr]).toEqual([2, expect.stringMatching(/no registry "norht" in the fleet file.*north/s)]);
});

test('a dry run changes nothing; a person is asked, and may refuse', async () => {
  temporal.findings.set('north', [finding('todo')]);
  expect((await connect(['--dry-run'])).exit).toBe(0);
  const refused = await connect([], { answers: 'n' });
  expect(refused).toMatchObject({ exit: 0, stderr: expect.stringContaining('nothing was changed') as string });
  expect(applied()).not.toContain(true);
  const agreed = await connect([], { answers: 'y' });
  expect(agreed.stdout).toMatch(/to do {4}webhook of project shop: is missing\n[^]*done {5}webhook of project shop/);
  expect(applied().filter((apply) => apply)).toHaveLength(2);
  expect((await connect()).stdout).toMatch(/nothing to do$/m);
});

test('without a terminal nothing is asked; what is left for a person is said, and is the exit code', async () => {
  const next = 'create it, or\nset createProject: true';
  temporal.findings.set('north', [finding('todo'), finding('wrong', { about: 'project shop', message: 'no', next })]);
  const { exit, stdout, stderr } = await connect(['--json']);
  expect(exit).toBe(5);
  expect(JSON.parse(stdout) as RegistryConnections).toEqual({
    registries: [
      {
        registry: 'north',
        kind: 'harbor',
        findings: [finding('done'), finding('wrong', { about: 'project shop', message: 'no', next })],
      },
      { registry: 'edge', kind: 'distribution', findings: [] },
    ],
    todo: 0,
    wrong: 1,
  });
  expect(stderr).toContain(
    '  wrong    project shop: no\n           create it, or\n           set createProject: true\n',
  );
});

test('without a rule there is nothing to connect, and nobody is asked', async () => {
  await api.catalogue.syncRules.delete('shop', BY_ALICE, {});
  expect(await connect()).toMatchObject({
    exit: 0,
    stdout: 'no sync rule brings anything: there is no registry to connect\nnothing to do\n',
  });
  expect(temporal.connected).toEqual([]);
});

test('where Temporal is away it says so', async () => {
  temporal.outages.push('start');
  const { exit, stderr } = await connect();
  expect([exit, stderr]).toEqual([7, expect.stringContaining('TEMPORAL_UNREACHABLE')]);
});
