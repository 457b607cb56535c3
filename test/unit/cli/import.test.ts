import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseApp } from '../../../src/domain/app.ts';
import type { ImportedApp } from '../../../src/cli/import-text.ts';
import type { Imported } from '../../../src/domain/marathon/documents.ts';
import type { Totals } from '../../../src/domain/marathon/totals.ts';
import { FLEET, fleet } from '../domain/fixtures.ts';
import { marathonApp } from '../domain/marathon-fixtures.ts';
import { cli } from './support.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'transship-import-'))));
afterAll(async () => rm(folder, { recursive: true }));

const file = async (name: string, content: unknown): Promise<string> => {
  const at = path.join(folder, name);
  await writeFile(at, typeof content === 'string' ? content : JSON.stringify(content));
  return at;
};
const PLACED = ['--env', 'fat', '--place', 'north-1/az-1', 'north-1/az-2'];
const run = async (args: string[], options: Parameters<typeof cli>[1] = {}) =>
  cli(['app', 'import', '--marathon', ...args], options);

test('an app of which nothing needs a person: its app file, its fields, the totals, exit code 0', async () => {
  const { exit, stdout, stderr } = await run([await file('web.json', marathonApp()), ...PLACED]);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  expect(stdout).toContain('/shop/web → app shop-web, version v7');
  const text = stdout.slice(stdout.indexOf('# From'), stdout.indexOf('  field '));
  expect(parseApp(text, fleet, 'app.yml').groups[0]?.images).toEqual({ web: 'shop/web' });
  expect(stdout).toMatch(
    /cpus +0\.5 +translated +groups\[0\]\.template\.spec\.containers\[0\]\.resources\.requests\.cpu/,
  );
  expect(stdout).toMatch(
    /networks\[0\]\.mode +"container\/bridge" +not needed +each instance has an address of its own/,
  );
  expect(stdout).toMatch(
    /\n1 app: 1 translated, 0 with something for a person\. Fields: \d+ translated, \d+ not needed, 0 needs a person\.\n/,
  );
});

test('what needs a person stands first, and is exit code 5', async () => {
  const app = marathonApp({ madeUp: 1, networks: [{ mode: 'container', name: 'n', labels: { ip: '10.2.0.17' } }] });
  const { exit, stdout } = await run(['-', ...PLACED], { input: JSON.stringify({ apps: [app] }) });
  expect(exit).toBe(5);
  expect(stdout).toMatch(
    /what to do\n +networks\[0\]\.labels\.ip +"10\.2\.0\.17" +needs a person +a fixed-address request, ip=10\.2\.0\.17/,
  );
  expect(stdout).toMatch(/madeUp +1 +needs a person +no app of Marathon has it/);
  expect(stdout).toMatch(/needs a person +asks for a fixed address +1 +1/);
});

test('several files, a group and a pod; --json has all of it', async () => {
  const group = {
    id: '/g',
    apps: [marathonApp({ id: '/g/a' })],
    pods: [{ id: '/g/p', containers: [] }],
    dependencies: [],
  };
  const files = [await file('group.json', group), await file('list.json', [marathonApp({ id: '/b' })])];
  const { exit, stdout, stderr } = await run([...files, ...PLACED, '--json']);
  const answer = JSON.parse(stdout) as Omit<Imported, 'apps'> & { totals: Totals; apps: ImportedApp[] };
  expect(exit).toBe(5);
  expect(answer.apps.map(({ id, version, faults }) => [id, version, faults])).toEqual([
    ['/g/a', 'v7', []],
    ['/b', 'v7', []],
  ]);
  expect(answer.beside.map(({ id }) => id)).toEqual(['/g/p', '/g']);
  expect(answer.totals).toMatchObject({ apps: 2, translated: 2, fields: { 'needs a person': 1 } });
  expect(stderr).toContain('write an app file for it');
});

test('one app file each, in a folder; never over one that is there', async () => {
  const apps = await file('two.json', [marathonApp({ id: '/a/b-c' }), marathonApp({ id: '/a-b/c' })]);
  const out = path.join(folder, 'apps');
  const first = await run([apps, ...PLACED, '--out', out]);
  expect(first.exit).toBe(5);
  expect(first.stdout).toContain(`written to ${path.join(out, 'a-b-c.yml')}`);
  expect(first.stdout).not.toContain('groups:\n');
  expect((await readdir(out)).sort()).toEqual(['a-b-c.2.yml', 'a-b-c.yml']);
  const text = await readFile(path.join(out, 'a-b-c.yml'), 'utf8');
  expect(parseApp(text, fleet, 'a-b-c.yml').app).toBe('a-b-c');

  const again = await run([apps, ...PLACED, '--out', out]);
  expect(again).toMatchObject({ exit: 6, stdout: '' });
  expect(again.stderr).toContain('there already, and nothing was written');
});

test('with a fleet file: places by IDC and cluster, and the checks of app files', async () => {
  const env = { TRANSSHIP_FLEET: await file('fleet.yml', FLEET) };
  const app = await file('one.json', marathonApp({ instances: 5 }));
  const north = await run([app, '--env', 'pro', '--place', 'north', '--json'], { env });
  expect(north.exit).toBe(0);
  expect((JSON.parse(north.stdout) as Imported).apps[0]?.definition.groups[0]?.placement).toEqual([
    { cluster: 'north-1', az: 'az-1', instances: 3 },
    { cluster: 'north-1', az: 'az-2', instances: 2 },
  ]);
  const south = await run([app, '--env', 'pro', '--place', 'south-2', '--json'], { env });
  expect((JSON.parse(south.stdout) as Imported).apps[0]?.definition.groups[0]?.placement).toHaveLength(2);

  const wrong = await run([app, '--env', 'prod', '--place', 'north-1/az-9'], { env });
  expect(wrong.exit).toBe(5);
  expect(wrong.stdout).toContain('no environment "prod" in the fleet file; did you mean "pro"?');
  expect(wrong.stdout).toContain('cluster north-1 has no AZ "az-9"');
});

test('options say what Marathon does not know', async () => {
  const app = await file(
    'rack.json',
    marathonApp({ constraints: [['rack', 'CLUSTER', 'r1']], labels: { env: 'fat', team: 'a' } }),
  );
  const plain = await run([app, '--json']);
  expect(plain.exit).toBe(5);
  const left = (JSON.parse(plain.stdout) as Imported).apps[0]?.findings.filter(
    ({ outcome }) => outcome === 'needs a person',
  );
  expect(left?.map(({ field }) => field)).toEqual(['constraints[0]', '(placement)']);
  const told = await run([
    app,
    '--place',
    'north-1/az-1',
    '--owner',
    'b',
    '--node-label',
    'rack=example.com/rack',
    '--json',
  ]);
  expect(told.exit).toBe(0);
  expect((JSON.parse(told.stdout) as Imported).apps[0]?.definition).toMatchObject({
    owner: 'b',
    groups: [{ environment: 'fat' }],
  });
});

test.each<[string, string[], string | undefined, string]>([
  ['no JSON', ['-'], '{"id": ', 'standard input, line 1'],
  ['a key twice', ['-'], '{"id": "/a", "cpus": 1, "cpus": 2}', 'is there twice'],
  ['no app', ['-'], '{"apps": []}', 'there is no app in it'],
  ['a file that is not there', ['/nowhere/apps.json'], undefined, 'cannot read /nowhere/apps.json'],
  ['a place that is none', ['-', '--place', 'a/b/c'], '{}', 'CLUSTER/AZ is asked for'],
  ['an IDC without a fleet file', ['-', '--place', 'north'], '{}', '--place north: its AZs stand in the fleet file'],
  ['a label that is none', ['-', '--node-label', 'rack'], '{}', 'ATTRIBUTE=LABEL'],
])('%s is wrong usage', async (_what, args, input, words) => {
  const answer = await run(args, input === undefined ? {} : { input });
  expect(answer).toMatchObject({ exit: 2, stdout: '' });
  expect(answer.stderr).toContain(words);
});

test('a place that the fleet file does not have is wrong usage', async () => {
  const args = ['-', '--place', 'east', '--fleet', await file('fleet.yml', FLEET)];
  const answer = await run(args, { input: JSON.stringify(marathonApp()) });
  expect(answer).toMatchObject({ exit: 2, stdout: '' });
  expect(answer.stderr).toContain('the fleet file has no such IDC or cluster');
});
