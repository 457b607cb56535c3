// What is asked for: app files, releases that are refused, the same request twice, two releases at once. What is
// refused has written nothing and started nothing.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { pushShop, SHOP, shopApp } from '../../devfleet/shop.ts';
import { isTerminal } from '../../src/domain/states.ts';
import { Judge } from '../support/judge.ts';
import { query } from '../support/postgres.ts';
import {
  applied,
  everywhere,
  expectAtRest,
  PATIENCE,
  settledAfter,
  standingApp,
  temporalOf,
} from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transship-requests-'));
  const azs = { 'az-1': { hosts: 2 } };
  platform = await twice(() =>
    startPlatform({
      headless: true,
      shape: { idcs: { north: { azs }, south: { azs } }, environments: ['pro'] },
    }),
  );
  await platform.push('v1', { igniteSeconds: 0.2 });
  await platform.push('v2', { igniteSeconds: 0.5 });
  await platform.push('v3', { igniteSeconds: 0.5 });
});

afterAll(async () => {
  await platform.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  status: number;
  body: { id?: string; code?: string; detail?: string };
}

async function post(body: object, key?: string): Promise<Answer> {
  const response = await fetch(`${platform.api}/v1/releases`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
    body: JSON.stringify({ env: SHOP.env, ...body }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** Rows of every table of the catalogue. */
async function rowCounts(): Promise<Record<string, number>> {
  const url = platform.fleet.catalogue.directUrl;
  const text = `SELECT table_name AS name, (xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM ' || quote_ident(table_name), false, true, '')))[1]::text::int AS rows
    FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`;
  const rows = await query<{ name: string; rows: number }>(url, text);
  return Object.fromEntries(rows.map(({ name, rows: count }) => [name, count]));
}

describe('an app file', () => {
  test('is planned, then applied; again it changes nothing; another size of what runs is refused', async () => {
    const file = join(folder, 'app.json');
    const write = (instances: number) =>
      writeFile(file, JSON.stringify(shopApp(everywhere(platform, instances), { app: 'filed' })));
    const before = await rowCounts();
    await write(1);
    const plan = await platform.cli('app', 'apply', '-f', file, '--dry-run', '--json');
    expect(plan.code).toBe(0);
    expect(JSON.parse(plan.stdout)).toMatchObject({ app: 'filed', revision: 0, applied: false });
    expect(await rowCounts()).toEqual(before);

    const first = await platform.cli('app', 'apply', '-f', file, '--yes', '--json');
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({ app: 'filed', revision: 1, applied: true });
    const second = await platform.cli('app', 'apply', '-f', file, '--yes', '--json');
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ app: 'filed', revision: 1, applied: false, changes: [] });

    const shop = await applied(platform, 'filed', everywhere(platform, 1));
    expect((await shop.released('v1')).state).toBe('SUCCESS');
    const standing = await rowCounts();
    await write(2);
    const refused = await platform.cli('app', 'apply', '-f', file, '--yes');
    expect(refused.stderr).toContain('SIZE_CHANGE_UNSUPPORTED');
    expect(refused.code).toBe(6);
    expect(await rowCounts()).toEqual(standing);
  });
});

describe('a release that is refused writes nothing and starts nothing', () => {
  test('no such image; another image under the same tag in each IDC; only planned', async () => {
    const shop = await standingApp(platform, 'refused', everywhere(platform, 1));
    const [north = '', south = ''] = Object.values(platform.fleet.idcs).map(({ registry }) => registry.directUrl);
    await pushShop([north], 'only-north');
    await pushShop([north], 'differs', { igniteSeconds: 1 });
    await pushShop([south], 'differs', { igniteSeconds: 2 });
    const before = await rowCounts();
    const cases = [
      { version: 'v404', status: 422, code: 'IMAGE_UNKNOWN', names: ['shop/web:v404', 'north', 'south'] },
      { version: 'only-north', status: 422, code: 'IMAGE_UNKNOWN', names: ['shop/web:only-north', 'south'] },
      {
        version: 'differs',
        status: 409,
        code: 'IMAGE_DIFFERS',
        names: ['shop/web:differs', 'north sha256:', 'south sha256:'],
      },
      { version: 'v1', status: 409, code: 'NOTHING_TO_DO', names: ['v1'] },
    ];
    for (const { version, status, code, names } of cases) {
      const answer = await post({ app: 'refused', version }, `key of ${version}`);
      expect(answer).toMatchObject({ status, body: { code } });
      for (const name of names) expect(answer.body.detail).toContain(name);
    }
    const plan = await platform.cli('release', 'plan', 'refused', '--version', 'v2', '--env', SHOP.env);
    expect(plan.code).toBe(0);
    expect(plan.stdout).toContain('web-0');
    expect(await rowCounts()).toEqual(before);
    expect(await shop.judge.starts()).toEqual({});
    // The key was given back with the refusal: once the image is there, the same request goes through.
    await platform.push('v404', { igniteSeconds: 0.2 });
    const accepted = await post({ app: 'refused', version: 'v404' }, 'key of v404');
    expect(accepted.status).toBe(202);
    expect((await settledAfter(platform, accepted.body.id ?? '', 0)).state).toBe('SUCCESS');
  });
});

describe.concurrent('releases side by side', () => {
  describe('requests that meet', () => {
    test('the same one, twice at once and again after its end, is one release', async () => {
      const shop = await standingApp(platform, 'twice', everywhere(platform, 1));
      const key = 'deploy-4711';
      const request = { app: 'twice', version: 'v2' };
      const answers = await Promise.all([post(request, key), post(request, key), post(request, key)]);
      expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
      const ids = new Set(answers.map(({ body }) => body.id));
      expect(ids.size).toBe(1);
      const [id = ''] = ids;
      expect(await post({ ...request, version: 'v3' }, key)).toMatchObject({
        status: 422,
        body: { code: 'IDEMPOTENCY_KEY_REUSED' },
      });
      expect((await settledAfter(platform, id, 0)).state).toBe('SUCCESS');
      expect(await post(request, key)).toMatchObject({ status: 202, body: { id } });
      await expectAtRest(shop, 'v2');
      expect(await shop.judge.starts()).toEqual(Object.fromEntries(shop.members.map((member) => [member, ['v2']])));
      const text = `SELECT id FROM operations WHERE app = 'twice' AND kind = 'releaseApp' AND version <> 'v1'`;
      expect(await query(platform.fleet.catalogue.directUrl, text)).toEqual([{ id }]);
    });

    test('another one for the same group is refused, and told who holds it', async () => {
      const shop = await standingApp(platform, 'busy', everywhere(platform, 1));
      const id = await shop.release('v2');
      const second = await post({ app: 'busy', version: 'v3' });
      expect(second).toMatchObject({ status: 409, body: { code: 'GROUP_BUSY' } });
      expect(second.body.detail).toContain(id);
      expect((await settledAfter(platform, id, 0)).state).toBe('SUCCESS');
      await expectAtRest(shop, 'v2');
    });

    test('two at the very same moment: one is released, the other changes nothing', async () => {
      const shop = await standingApp(platform, 'raced', everywhere(platform, 1));
      const answers = await Promise.all(['v2', 'v3'].map((version) => post({ app: 'raced', version })));
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
      const [won] = answers.filter(({ status }) => status === 202);
      const [lost] = answers.filter(({ status }) => status === 409);
      expect(lost?.body.code).toBe('GROUP_BUSY');
      expect(lost?.body.detail).toContain(won?.body.id);
      const view = await settledAfter(platform, won?.body.id ?? '', 0);
      expect(view.state).toBe('SUCCESS');
      await expectAtRest(shop, view.version);
      const starts = Object.fromEntries(shop.members.map((member) => [member, [view.version]]));
      expect(await shop.judge.starts()).toEqual(starts);
    });
  });

  describe('an app of two groups', () => {
    test('is released group by group, as far as they succeed; or only those that were asked for', async () => {
      const [web] = (shopApp(everywhere(platform, 1), { app: 'pair' }) as { groups: object[] }).groups;
      const definition = { app: 'pair', groups: [web, { ...web, name: 'api' }] };
      await platform.rest('PUT', '/v1/apps/pair', definition);
      const judges = await Promise.all(['web', 'api'].map((group) => Judge.of(platform.fleet, 'pair', group)));
      const startsSince = async () => {
        const starts = await Promise.all(judges.map((judge) => judge.starts()));
        for (const judge of judges) await judge.mark();
        return starts.map((of) => Object.values(of).map((versions) => versions.join()));
      };
      const released = async (body: object) => {
        const { body: answer } = await post({ app: 'pair', ...body });
        return settledAfter(platform, answer.id ?? '', 0);
      };
      expect((await released({ version: 'v1' })).state).toBe('SUCCESS');
      expect(await startsSince()).toEqual([
        ['v1', 'v1'],
        ['v1', 'v1'],
      ]);

      await platform.push('v-no', { ignite: 'fail' });
      const held = await released({ version: 'v-no' });
      expect(held.groups.map(({ group, state }) => [group, state])).toEqual([
        ['web', 'SMOKE_FAILURE'],
        ['api', 'PENDING'],
      ]);
      const busy = await post({ app: 'pair', version: 'v2', groups: ['api'] });
      expect(busy).toMatchObject({ status: 409, body: { code: 'GROUP_BUSY' } });
      await platform.cli('release', 'abort', held.id);
      await vi.waitUntil(async () => (await platform.settled(held.id)).state === 'REVOKED', PATIENCE);
      expect(await startsSince()).toEqual([['v-no,v1'], []]);

      expect((await released({ version: 'v2', groups: ['api'] })).state).toBe('SUCCESS');
      expect(await startsSince()).toEqual([[], ['v2', 'v2']]);
      expect((await released({ version: 'v3' })).state).toBe('SUCCESS');
      expect(await startsSince()).toEqual([
        ['v3', 'v3'],
        ['v3', 'v3'],
      ]);
      for (const judge of judges) await vi.waitFor(async () => expect(await judge.unrest()).toEqual([]), PATIENCE);
    });
  });

  describe('an operation that neither finished nor undid', () => {
    test('because nobody decided in time: everything is left as it stands, and nothing goes over it', async () => {
      const shop = await standingApp(platform, 'undecided', everywhere(platform, 1));
      await platform.push('v-undecided', { ignite: 'fail' });
      const held = await shop.released('v-undecided', { gateHours: 0.004 });
      expect(held.state).toBe('SMOKE_FAILURE');
      const { state } = await settledAfter(platform, held.id, 0, (release) => isTerminal(release.state));
      expect(state).toBe('FAILURE');
      expect(await shop.judge.starts()).toEqual({ [shop.memberOf['web-0'] ?? '']: ['v-undecided'] });
      expect(await shop.judge.serving()).toEqual([shop.memberOf['web-1']]);
      const next = await post({ app: 'undecided', version: 'v2' });
      expect(next).toMatchObject({ status: 409, body: { code: 'GROUP_DIRTY' } });
      expect(next.body.detail).toContain(held.id);
    });

    test('because its workflow was terminated: it leaves its group dirty: nothing goes over it', async () => {
      const shop = await standingApp(platform, 'cut-short', everywhere(platform, 2));
      const id = await shop.release('v2', { pauseSeconds: 60 });
      await vi.waitUntil(async () => Object.keys(await shop.judge.starts()).length >= 2, PATIENCE);
      const { workflow } = await temporalOf(platform);
      await workflow.getHandle(`group/${SHOP.env}/${shop.app}/${SHOP.group}`).terminate('by mistake');

      const ended = await settledAfter(platform, id, 0);
      expect(ended.state).toBe('FAILURE');
      expect(await shop.fence()).toEqual({ holder: `${id}.${SHOP.group}`, dirty: true });
      const touched = await shop.judge.starts();
      const next = await post({ app: 'cut-short', version: 'v3' });
      expect(next).toMatchObject({ status: 409, body: { code: 'GROUP_DIRTY' } });
      expect(next.body.detail).toContain(id);
      expect(await shop.judge.starts()).toEqual(touched);
    });
  });
});
