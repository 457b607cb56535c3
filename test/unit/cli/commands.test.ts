import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Problem } from '../../../src/domain/problem.ts';
import { BY_ALICE } from '../../support/catalogue.ts';
import { shopFile } from '../http/support.ts';
import { cli, listen, type ListeningApi } from './support.ts';

// Real servers, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let api: ListeningApi;
let folder: string;

beforeAll(async () => {
  api = await listen();
  folder = await mkdtemp(path.join(tmpdir(), 'transship-cli-'));
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

const file = async (name: string, text: string): Promise<string> => {
  const at = path.join(folder, name);
  await writeFile(at, text);
  return at;
};

const FLEET = `fleet: demo
environments: [{ name: fat }]
idcs:
  - name: north
    azs: [az-1]
    registry: { url: "http://127.0.0.1:5000" }
    clusters: [{ name: north-1, kind: kubernetes, kubeconfig: k.yml }]
catalogue: { url: "\${CATALOGUE_URL}" }
`;
const env = { CATALOGUE_URL: 'postgres://u:p@127.0.0.1/c' };

test('fleet check says what the fleet is', async () => {
  const run = await cli(['fleet', 'check', '-f', await file('fleet.yml', FLEET)], { env });
  expect(run).toMatchObject({ exit: 0, stderr: '' });
  expect(run.stdout).toMatch(/^ok {2}.*fleet demo: 1 IDCs, 1 AZs, 1 clusters; fat\n$/);
});

test('fleet check tells every wrong place, with line and hint', async () => {
  const wrong = await file('wrong.yml', FLEET.replace('kind: kubernetes', 'kind: mesos').replace('azs:', 'asz:'));
  const run = await cli(['fleet', 'check', '-f', wrong]);
  expect(run).toMatchObject({ exit: 2, stdout: '' });
  expect(run.stderr).toContain('idcs[0].asz (line 5, column 5): is not a known key; did you mean "azs"?');
  expect(run.stderr).toContain('idcs[0].clusters[0].kind');
  expect(run.stderr).toContain('needs the environment variable CATALOGUE_URL');

  const asJson = await cli(['fleet', 'check', '-f', wrong, '--json']);
  const answer = JSON.parse(asJson.stdout) as { ok: boolean; errors: unknown[] };
  expect(answer.ok).toBe(false);
  expect(answer.errors.length).toBeGreaterThanOrEqual(4);
});

test('a file that is not there is wrong usage', async () => {
  const run = await cli(['fleet', 'check', '-f', path.join(folder, 'nix.yml')]);
  expect(run.exit).toBe(2);
  expect(run.stderr).toContain('cannot read');
});

test('an app is planned, refused by its person, applied, shown', async () => {
  const app = await file('app.yml', shopFile());
  const before = await api.counts();
  const dry = await api.cli(['app', 'apply', '-f', app, '--dry-run']);
  expect(dry).toMatchObject({ exit: 0, stderr: '' });
  expect(dry.stdout).toMatch(/app shop \(new\)[^]*fat\/web +new +2 instances +north\/az-1 on north-1: 2/);
  const refused = await api.cli(['app', 'apply', '-f', app], { answers: 'n' });
  expect(refused.stderr).toContain('not applied');
  expect(await api.counts()).toEqual(before);

  const applied = await api.cli(['app', 'apply', '-f', app], { answers: 'y' });
  expect(applied.stdout).toContain('applied: revision 1');
  expect((await api.cli(['app', 'apply', '-f', app, '--json'])).stdout).toContain('"applied":false');

  const changed = await file('changed.yml', shopFile({ timeoutSeconds: 99 }));
  const second = await api.cli(['app', 'apply', '-f', changed]);
  expect(second.stdout).toContain('groups["fat/web"].health.timeoutSeconds: 60 → 99');
  expect(second.stdout).toContain('applied: revision 2');

  expect((await api.cli(['app', 'get'])).stdout).toMatch(/shop +2/);
  const shown = await api.cli(['app', 'get', 'shop']);
  expect(shown.stdout).toMatch(/revision 2, applied .* by li[^]*pro\/web {2}never released[^]*web-1 +north\/az-1/);
});

test('a wrong app file is told by place and line, and is bad input', async () => {
  const run = await api.cli(['app', 'apply', '-f', await file('bad.yml', shopFile({ instances: -1 })), '--json']);
  expect(run.exit).toBe(2);
  expect(JSON.parse(run.stdout) as Problem).toMatchObject({ code: 'APP_INVALID' });
  expect(run.stderr).toContain('groups[0].placement[0].instances (line 5');
  expect(run.stderr).toContain('next: Mend the paths named');
});

test.each([
  ['an app that is not there', ['release', 'plan', 'nix', 'v2', '--env', 'fat'], 2, 'APP_UNKNOWN'],
  [
    'over the limit',
    ['release', 'start', 'shop', '--env', 'fat', '--version', 'v2', '--batch-percent', '45'],
    6,
    'LIMIT_EXCEEDED',
  ],
  ['Temporal away', ['release', 'start', 'shop', '--env', 'fat', '--version', 'v2'], 7, 'TEMPORAL_UNREACHABLE'],
  ['no such release', ['release', 'get', 'rel-aaaaaaaaaa'], 2, 'OPERATION_UNKNOWN'],
  ['no such release to watch', ['release', 'watch', 'rel-aaaaaaaaaa'], 2, 'OPERATION_UNKNOWN'],
  ['no such release to abort', ['release', 'abort', 'rel-aaaaaaaaaa'], 2, 'OPERATION_UNKNOWN'],
])('%s', async (_what, args, exit, code) => {
  const run = await api.cli(args);
  expect(run).toMatchObject({ exit, stdout: '' });
  expect(run.stderr).toContain(`${code}: `);
  expect(run.stderr).toContain('next: ');
});

test.each([
  [['release', 'start', 'shop'], "required option '--env <env>'"],
  [['release', 'start', 'shop', '--env', 'fat', '--version', 'v2', '--batch-percent', 'many'], 'Not a number'],
  [['release', 'start', 'shop', '--env', 'fat', '--version', 'v2', '--batch-percent', '2.5'], 'Not a whole number'],
  [['release', 'start', 'shop', '--env', 'fat'], 'which version?'],
  [['release', 'start', 'shop', 'v2', '--env', 'fat', '--version', 'v3'], 'version v2, or v3?'],
  [['release', 'strat'], 'unknown command'],
  [['app', 'get', '--nix'], 'unknown option'],
  [['app', 'get', '--api', 'nowhere'], 'is no URL'],
])('%j is wrong usage', async (args, words) => {
  const run = await cli(args);
  expect(run).toMatchObject({ exit: 2, stdout: '' });
  expect(run.stderr).toContain(words);
});

test('nobody there: exit 7, and what to do', async () => {
  for (const args of [
    ['app', 'get'],
    ['release', 'watch', 'rel-aaaaaaaaaa'],
  ]) {
    const run = await cli([...args, '--api', 'http://127.0.0.1:1']);
    expect(run.exit).toBe(7);
    expect(run.stderr).toMatch(/the API at http:\/\/127\.0\.0\.1:1 does not answer: .*\nnext: Start it/);
  }
});

test('something else than the API answers there', async () => {
  const run = await api.cli(['app', 'get', '--api', `${api.url}/elsewhere`]);
  expect(run.exit).toBe(2);
  expect(run.stderr).toContain('NOT_FOUND');
});

test('help teaches: examples and the exit codes', async () => {
  const run = await cli(['--help']);
  expect(run.exit).toBe(0);
  for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 130]) expect(run.stdout).toMatch(new RegExp(`^ +${code}  \\w`, 'm'));
  expect((await cli(['release', 'start', '--help'])).stdout).toContain(
    'transship release start shop v2 --env pro --watch',
  );
});

test('who sits at the terminal is the actor', async () => {
  await api.catalogue.apps.apply({ app: 'other', groups: [] }, BY_ALICE);
  const app = await file('other.yml', shopFile({ app: 'other' }));
  await api.cli(['app', 'apply', '-f', app], { env: { USER: 'Zoë' } });
  expect((await api.catalogue.apps.get('other'))?.appliedBy).toBe('Zoë');
});
