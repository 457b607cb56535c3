import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { basicCaller, registryCaller } from '../../../devfleet/harbor/access/caller.ts';
import { serveToken } from '../../../devfleet/harbor/access/token-service.ts';
import type { Harbor } from '../../../devfleet/harbor/harbor.ts';
import type { Robot } from '../../../devfleet/harbor/store/rows.ts';
import { Store } from '../../../devfleet/harbor/store/store.ts';

const NOON = Date.parse('2026-01-01T12:00:00Z');

let harbor: Harbor;

beforeEach(() => {
  vi.useFakeTimers({ now: NOON, toFake: ['Date'] });
  const store = new Store(null);
  const clocks = { token: 1800, tokenLeeway: 60, webhookTimeout: 3 };
  harbor = { config: { adminPassword: 'secret', clocks }, store } as unknown as Harbor;
  addProject('shop');
});
afterEach(() => {
  vi.useRealTimers();
});

function addProject(name: string): void {
  const now = new Date().toISOString();
  const id = harbor.store.nextId('project');
  harbor.store.projects.put({ id, name, metadata: { public: 'false' }, registryId: 0, created: now, updated: now });
}

function tokenOf(user: string, password: string, scope: string): { authorization: string } {
  const query = new URLSearchParams({ service: 'harbor-registry', scope });
  const { token } = serveToken(harbor, query, basic(user, password)) as { token: string };
  return { authorization: `Bearer ${token}` };
}

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const later = (seconds: number) => vi.setSystemTime(NOON + seconds * 1000);

describe('a token', () => {
  test('holds for its time and the leeway', () => {
    const headers = tokenOf('admin', 'secret', 'repository:shop/web:pull');
    const kind = () => registryCaller(harbor, headers, ['shop']).kind;
    later(1859);
    expect(kind()).toBe('token');
    later(1860);
    expect(kind()).toBe('anonymous');
  });

  test('that somebody changed, or that is of another Harbor, is none', () => {
    const { authorization } = tokenOf('admin', 'secret', 'repository:shop/web:pull');
    const [header, payload, signature] = authorization.slice('Bearer '.length).split('.');
    const other = Buffer.from(JSON.stringify({ sub: 'admin', exp: 1e12, iat: 0, access: [] })).toString('base64url');
    for (const token of [`${header}.${other}.${signature}`, `${header}.${payload}.x`, 'x', ''])
      expect(registryCaller(harbor, { authorization: `Bearer ${token}` }, ['shop']).kind).toBe('anonymous');
    harbor = { ...harbor, store: new Store(null) };
    addProject('shop');
    expect(registryCaller(harbor, { authorization }, ['shop']).kind).toBe('anonymous');
  });

  test('is not for a project that was made anew, of those that a call needs', () => {
    const headers = tokenOf('admin', 'secret', 'repository:shop/web:pull repository:new/web:pull');
    later(59);
    addProject('new');
    expect(registryCaller(harbor, headers, ['new']).kind).toBe('token');
    later(62);
    addProject('new');
    expect(registryCaller(harbor, headers, ['shop', 'new']).kind).toBe('anonymous');
    expect(registryCaller(harbor, headers, ['shop']).kind).toBe('token');
    expect(registryCaller(harbor, headers, ['none']).kind).toBe('anonymous');
  });

  test('of two scopes in one project the last says what holds in both', () => {
    const headers = tokenOf('admin', 'secret', 'repository:shop/a:pull repository:shop/b:x');
    expect(registryCaller(harbor, headers, ['shop'])).toMatchObject({
      name: 'admin',
      rights: new Map([['shop', ['delete', 'pull', 'push', 'scanner-pull']]]),
    });
  });

  test('scopes that mean nothing grant nothing', () => {
    const scopes = ['repository:alone:pull', 'registry:other:*', 'galaxy', 'repository:none/web:pull'];
    const { authorization } = tokenOf('admin', 'secret', scopes.join(' '));
    const [, payload = ''] = authorization.split('.');
    const { access } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { access: { actions: string[] }[] };
    expect(access.map(({ actions }) => actions)).toEqual([[], [], [], []]);
  });
});

describe('Basic', () => {
  const robot: Robot = {
    id: 1,
    name: 'shop+ci',
    description: '',
    secret: 'pass:word',
    level: 'project',
    projectId: 1,
    duration: 1,
    expiresAt: NOON / 1000 + 86_400,
    permissions: [],
    created: '',
  };

  test('robots until they expire; their secret may have colons', () => {
    harbor.store.robots.put(robot);
    const kind = () => basicCaller(harbor, basic('robot$shop+ci', 'pass:word')).kind;
    expect(kind()).toBe('robot');
    later(86_400);
    expect(kind()).toBe('anonymous');
    harbor.store.robots.put({ ...robot, expiresAt: -1 });
    expect(kind()).toBe('robot');
  });

  test.each([
    ['robot$shop+ci', 'wrong'],
    ['robot$none', 'x'],
    ['shop+ci', 'pass:word'],
    ['admin', 'wrong'],
  ])('%s with %s is nobody', (user, password) => {
    harbor.store.robots.put(robot);
    expect(basicCaller(harbor, basic(user, password)).kind).toBe('anonymous');
  });

  test.each([{}, { authorization: 'Basic' }, { authorization: `Basic ${Buffer.from('admin').toString('base64')}` }])(
    'and so is %j',
    (headers) => {
      expect(basicCaller(harbor, headers).kind).toBe('anonymous');
    },
  );
});
