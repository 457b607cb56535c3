import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { BY_ALICE } from '../../support/catalogue.ts';
import { cli, listen, type ListeningApi } from './support.ts';

// Real servers, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let api: ListeningApi;
let folder: string;

beforeAll(async () => {
  api = await listen();
  folder = await mkdtemp(path.join(tmpdir(), 'transship-rules-'));
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  for (const { rule } of await api.catalogue.syncRules.list())
    await api.catalogue.syncRules.delete(rule.name, BY_ALICE, {});
});

const SHOP = `name: shop
from: north
to: [edge]
images:
  - { repository: shop/**, tags: ['v*', '!*-dev'] }
  - { repository: '!shop/secret/**' }
`;

const file = async (text: string, name = 'rule.yml'): Promise<string> => {
  const at = path.join(folder, name);
  await writeFile(at, text);
  return at;
};
const apply = async (text: string, ...rest: string[]): ReturnType<typeof cli> =>
  api.cli(['image', 'rules', 'apply', '-f', await file(text), ...rest]);
const rules = async (...args: string[]): ReturnType<typeof cli> => api.cli(['image', 'rules', ...args]);

test('a rule is planned, refused by its person, applied, changed', async () => {
  const before = await api.counts();
  const dry = await apply(SHOP, '--dry-run');
  expect(dry).toMatchObject({ exit: 0, stderr: '' });
  expect(dry.stdout).toBe('sync rule shop (new)  north → edge\n  shop/**  v*, !*-dev\n  !shop/secret/**\n');
  const refused = await api.cli(['image', 'rules', 'apply', '-f', await file(SHOP)], { answers: 'n' });
  expect(refused.stderr).toContain('Apply it? [y/N]');
  expect(refused.stderr).toContain('not applied');
  expect(await api.counts()).toEqual(before);

  const applied = await api.cli(['image', 'rules', 'apply', '-f', await file(SHOP)], { answers: 'y' });
  expect(applied.stdout).toMatch(/applied: revision \d+\n$/);
  expect((await apply(SHOP)).stdout).toMatch(/\(revision \d+ is in force\)[^]*nothing to change\n$/);

  const changed = await apply(SHOP.replace('to: [edge]', 'to: [edge, far]'), '--json');
  expect(changed.stderr).toContain('  to: ["edge"] → ["edge","far"]\n');
  expect(JSON.parse(changed.stdout)).toMatchObject({ applied: true, rule: { to: ['edge', 'far'] } });
});

test('the plan names rules that bring the same images', async () => {
  await apply(SHOP);
  const onward = await apply('name: on\nfrom: edge\nto: [far]\nimages: [{ repository: "**" }]', '--dry-run');
  expect(onward.stdout).toContain('note: rule shop brings images of it to edge, e.g. shop/a:v');
  const twin = await apply('name: twin\nfrom: north\nto: [edge]\nimages: [{ repository: "**" }]', '--dry-run');
  expect(twin.stdout).toContain('note: rule shop brings images of it to edge, too, e.g. shop/a:v');
  await apply('name: on\nfrom: edge\nto: [far]\nimages: [{ repository: "**" }]');
  expect((await apply(SHOP)).stdout).toContain('note: rule on takes images of it on from edge, e.g. shop/a:v');
});

test('a conflict and a loop are refused, with the patterns', async () => {
  await apply(SHOP);
  const conflict = await apply('name: two\nfrom: far\nto: [edge]\nimages: [{ repository: shop/web }]');
  expect(conflict).toMatchObject({ exit: 6, stdout: '' });
  expect(conflict.stderr).toContain('SYNC_RULE_CONFLICT: rule two: shop/web would come to edge from far');
  expect(conflict.stderr).toContain('next: ');
  const loop = await apply('name: two\nfrom: edge\nto: [north]\nimages: [{ repository: shop/web }]');
  expect(loop).toMatchObject({ exit: 6, stdout: '' });
  expect(loop.stderr).toContain('SYNC_RULE_LOOP: rule two: shop/web:v would go in a circle, edge → north → edge');
});

test('a wrong rule is told by place and line, and is bad input', async () => {
  const run = await apply(SHOP.replace('[edge]', '[egde]'), '--json');
  expect(run.exit).toBe(2);
  expect(JSON.parse(run.stdout)).toMatchObject({ code: 'SYNC_RULE_INVALID' });
  expect(run.stderr).toContain('to[0] (line 3, column 6): no registry "egde" in the fleet file; did you mean "edge"?');
  expect((await rules('apply', '-f', path.join(folder, 'nix.yml'))).exit).toBe(2);
});

test('rules are listed, and shown as files that can be applied again', async () => {
  expect((await rules('list')).stdout).toBe('no sync rule\n');
  await apply(SHOP);
  const list = await rules('list');
  expect(list.stdout).toMatch(
    /^rule +way +images .*\nshop +north → edge +shop\/\*\* {2}v\*, !\*-dev; !shop\/secret\/\*\* +normal +every 10m +never +\d+ +li\n$/,
  );
  expect(JSON.parse((await rules('list', '--json')).stdout)).toMatchObject({ rules: [{ rule: { name: 'shop' } }] });

  const shown = await rules('get', 'shop');
  expect(shown.stdout).toMatch(/^# revision \d+, changed .* by li\n# not compared yet\nname: shop\n/);
  expect((await apply(shown.stdout)).stdout).toContain('nothing to change');
  expect(JSON.parse((await rules('get', 'shop', '--json')).stdout)).toMatchObject({ rule: { name: 'shop' } });

  const { rule } = (await api.catalogue.syncRules.get('shop')) ?? {};
  if (rule === undefined) throw new Error('it is not there');
  await api.catalogue.syncRules.put({ ...rule, to: ['gone'] }, BY_ALICE, { check: () => undefined });
  expect((await rules('list')).stdout).toContain('north → gone (not in the fleet file: gone)');
  expect((await rules('get', 'shop')).stderr).toBe('not in the fleet file any more: gone\n');
});

test('a rule is deleted once its person says so; its history stays', async () => {
  await apply(SHOP);
  await apply(SHOP.replace('to: [edge]', 'to: [edge, far]'));
  const kept = await api.cli(['image', 'rules', 'delete', 'shop'], { answers: 'n' });
  expect(kept.stderr).toContain('not deleted');
  expect(await api.catalogue.syncRules.get('shop')).not.toBeNull();
  const gone = await api.cli(['image', 'rules', 'delete', 'shop'], { answers: 'y' });
  expect(gone.stdout).toContain('deleted: shop brings nothing any more; what it has brought stays');
  expect(await api.catalogue.syncRules.get('shop')).toBeNull();

  const history = await rules('history', 'shop');
  expect(history.stdout).toMatch(
    /^revision \d+ {2}\S+ by li {2}deleted\nrevision \d+ {2}\S+ by li\n {2}to: \["edge"\] → \["edge","far"\]\nrevision \d+ {2}\S+ by li {2}made {2}north → edge\n {2}shop\/\*\* {2}v\*, !\*-dev\n/,
  );
  const { changes } = JSON.parse((await rules('history', 'shop', '--json')).stdout) as {
    changes: { after: unknown }[];
  };
  expect(changes[0]?.after).toBeNull();

  await apply(SHOP);
  expect(JSON.parse((await rules('delete', 'shop', '--json')).stdout)).toEqual({ name: 'shop', deleted: true });
  for (const args of [
    ['get', 'shop'],
    ['delete', 'shop'],
    ['history', 'never'],
  ]) {
    const run = await rules(...args);
    expect(run.exit).toBe(2);
    expect(run.stderr).toContain('SYNC_RULE_UNKNOWN');
  }
});

test('help teaches, by a file that the API takes', async () => {
  const { exit, stdout } = await cli(['image', 'rules', 'apply', '--help']);
  expect(exit).toBe(0);
  expect(stdout).toContain('transship image rules apply -f shop-images.yml --dry-run');
  const shown = /^ {2}name: shop\n[^]*?(?=\n\n)/m.exec(stdout)?.[0] ?? '';
  const example = shown.replace('[south, east]', '[edge, far]').replace(/^ {2}/gm, '');
  expect(await apply(example, '--dry-run')).toMatchObject({ exit: 0, stderr: '' });
  expect((await cli(['image', '--help'])).stdout).toContain('which images go to which registries');
});
