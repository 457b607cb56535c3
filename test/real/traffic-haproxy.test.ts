import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { haproxyTraffic } from '../../src/drivers/traffic/haproxy/index.ts';
import type { TrafficDriver } from '../../src/drivers/traffic/index.ts';
import { codeOf, eventually, openGuard, patience } from '../contract/world.ts';
import { memoryPlaces, SET, type MemoryPlaces } from '../support/places.ts';
import { startClient } from './haproxy/client.ts';
import { startInstance, type Instance } from './haproxy/instance.ts';
import { startHaproxy, type Haproxy } from './haproxy/process.ts';

// Two real HAProxy processes before three real HTTP servers.

const MEMBERS = ['web-0', 'web-1', 'web-2'];
const BACKEND = 'shop-web';
const out = { owner: 'release', reason: 'op-1: v2', drainSeconds: 5 } as const;

let instances: Instance[];
let east: Haproxy;
let west: Haproxy;
const atEnd: (() => Promise<void>)[] = [];
let places: MemoryPlaces;
let traffic: TrafficDriver;

const instance = (member: string): Instance => {
  const found = instances[MEMBERS.indexOf(member)];
  if (found === undefined) throw new Error(`there is no ${member}`);
  return found;
};
const driver = (sockets: string[], templates: { backend?: string; server?: string } = {}): TrafficDriver =>
  haproxyTraffic({ sockets, places, templates: { backend: '{app}-{group}', server: '{member}', ...templates } });
const pullOut = (member: string, drainSeconds: number = out.drainSeconds, guard = openGuard()) =>
  traffic.pullOut(places.at(member), { ...out, drainSeconds }, guard, patience());
const pullIn = (member: string, guard = openGuard()) => traffic.pullIn(places.at(member), 'release', guard, patience());
const serving = async (): Promise<string[]> => [...(await traffic.serving([SET]))].sort();
/** Administrative state of a server, by HAProxy's own page. */
const status = async (haproxy: Haproxy, member: string): Promise<string> => {
  const lines = (await haproxy.say(`show stat ${BACKEND} 4 -1`)).split('\n');
  return lines.find((line) => line.startsWith(`${BACKEND},${member},`))?.split(',')[17] ?? '';
};
const both = (command: string): Promise<string[]> => Promise.all([east.say(command), west.say(command)]);

beforeAll(async () => {
  instances = await Promise.all(MEMBERS.map(startInstance));
  const servers = MEMBERS.map((member) => `  server ${member} 127.0.0.1:${instance(member).port}`).join('\n');
  const disabled = `  server web-0 127.0.0.1:${instance('web-0').port} disabled`;
  const config = `backend ${BACKEND}
  option httpchk GET /health
  http-check disable-on-404
${servers}
backend sleeping
${disabled}
backend following
  option httpchk GET /health
  http-check disable-on-404
  server web-0 127.0.0.1:${instance('web-0').port} no-check track ${BACKEND}/web-1`;
  const started = async (): Promise<Haproxy> => {
    const haproxy = await startHaproxy(config);
    atEnd.push(() => haproxy.stop());
    return haproxy;
  };
  [east, west] = await Promise.all([started(), started()]);
});
afterAll(async () => {
  await Promise.all([...atEnd.map((end) => end()), ...instances.map((one) => one.kill())]);
});
beforeEach(async () => {
  places = memoryPlaces(MEMBERS);
  traffic = driver([east.socket, west.tcpSocket]);
  for (const member of MEMBERS) {
    instance(member).health = 200;
    instance(member).asked = 0;
    await instance(member).kill();
    await instance(member).start();
    await both(`set server ${BACKEND}/${member} state ready`);
    await both(`set server ${BACKEND}/${member} weight 1`);
  }
  await eventually(async () => (await serving()).length === 3);
});

describe('serving', () => {
  test('those who get new sessions from every process, of the sets asked for', async () => {
    expect(await serving()).toEqual(MEMBERS);
    expect(await traffic.serving([{ ...SET, name: 'another' }])).toEqual(new Set());
    await west.say(`set server ${BACKEND}/web-0 state drain`);
    expect(await serving()).toEqual(['web-1', 'web-2']);
    await west.say(`set server ${BACKEND}/web-0 state maint`);
    await east.say(`set server ${BACKEND}/web-1 weight 0`);
    expect(await serving()).toEqual(['web-2']);
  });

  test('by health, too: one that is down, and one whose page asks for no new sessions', async () => {
    await instance('web-0').kill();
    instance('web-1').health = 404;
    await eventually(async () => (await serving()).join() === 'web-2');
    // Each process checks for itself.
    await eventually(async () => (await status(east, 'web-1')) === 'NOLB' && (await status(west, 'web-1')) === 'NOLB');
  });

  test('"disabled" in the configuration is out until somebody enables it, and then serves', async () => {
    const sleeping = driver([east.socket], { backend: 'sleeping' });
    expect(await sleeping.serving([SET])).toEqual(new Set());
    await east.say('set server sleeping/web-0 state ready');
    await eventually(async () => (await sleeping.serving([SET])).has('web-0'));
  });

  test('an instance that HAProxy does not know gets no traffic; a backend that it does not know is an error', async () => {
    places.uids.set('web-3', 'uid-of-web-3');
    expect(await serving()).toEqual(MEMBERS);
    const { code, message } = await codeOf(driver([east.socket], { backend: '{app}-api' }).serving([SET]));
    expect(code).toBe('LOAD_BALANCER_TARGET_UNKNOWN');
    expect(message).toContain('shop-api');
  });
});

describe('no request is lost', () => {
  test('each in turn out, killed, started, in: none fails, and none reaches what is out', async () => {
    const client = startClient([`${east.url}/slow/20`, `${west.url}/slow/20`], BACKEND);
    for (const member of MEMBERS) {
      await pullOut(member);
      const before = instance(member).asked;
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(instance(member).asked).toBe(before);
      await instance(member).kill();
      await new Promise((resolve) => setTimeout(resolve, 300));
      await instance(member).start();
      await pullIn(member);
      await eventually(async () => instance(member).asked > before);
    }
    await client.stop();
    expect(client.failures).toEqual([]);
    expect(client.sent).toBeGreaterThan(100);
  });

  test('the same without pulling out does lose some: the client can tell', async () => {
    const client = startClient([`${east.url}/slow/20`, `${west.url}/slow/20`], BACKEND);
    // Now and then nothing is under way on the one that is killed.
    await eventually(async () => {
      await instance('web-1').kill();
      await new Promise((resolve) => setTimeout(resolve, 300));
      await instance('web-1').start();
      await eventually(async () => (await serving()).length === 3);
      return client.failures.length > 0;
    });
    await client.stop();
    expect(client.failures.length).toBeGreaterThan(0);
  });

  test('a request that is under way is waited for', async () => {
    const asked = request(`${west.url}/slow/1500`, { headers: { host: BACKEND } });
    await eventually(async () => instances.some((one) => one.asked > 0));
    const began = Date.now();
    for (const one of MEMBERS) await pullOut(one);
    expect(Date.now() - began).toBeGreaterThan(900);
    const { statusCode } = await asked;
    expect(statusCode).toBe(200);
  });

  test('but no longer than the drain seconds', async () => {
    const asked = request(`${west.url}/slow/4000`, { headers: { host: BACKEND } });
    await eventually(async () => instances.some((one) => one.asked > 0));
    const busy = MEMBERS.find((member) => instance(member).asked > 0) ?? '';
    const began = Date.now();
    await pullOut(busy, 0.5);
    expect(Date.now() - began).toBeGreaterThan(450);
    expect(Date.now() - began).toBeLessThan(2_500);
    expect((await asked).statusCode).toBe(200);
  }, 30_000);
});

describe('pull out, pull in', () => {
  test('every process is told, once', async () => {
    const guard = openGuard();
    await pullOut('web-0', 0, guard);
    expect(guard.passed).toBe(2);
    expect(await Promise.all([status(east, 'web-0'), status(west, 'web-0')])).toEqual(['DRAIN', 'DRAIN']);
    expect((await traffic.outBy(places.at('web-0')))['release']).toContain(east.socket);
    await pullOut('web-0', 0, guard);
    expect(guard.passed).toBe(2);
    expect(await pullIn('web-0', guard)).toEqual({});
    expect(await pullIn('web-0', guard)).toEqual({});
    expect(guard.passed).toBe(4);
    expect(await serving()).toEqual(MEMBERS);
    expect(await traffic.outBy(places.at('web-0'))).toEqual({});
  });

  test('in only when the checks of every process pass', async () => {
    await pullOut('web-0');
    await instance('web-0').kill();
    await eventually(async () => (await status(west, 'web-0')).startsWith('DOWN'));
    let done = false;
    const pulling = pullIn('web-0').then(() => (done = true));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(done).toBe(false);
    await instance('web-0').start();
    await pulling;
    expect(await serving()).toEqual(MEMBERS);
  });

  test('one that stays down: told in time, with what the check says', async () => {
    await pullOut('web-0');
    await instance('web-0').kill();
    await eventually(async () => (await status(west, 'web-0')).startsWith('DOWN'));
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const pulling = codeOf(pullIn('web-0'));
      await new Promise((resolve) => setTimeout(resolve, 500));
      vi.setSystemTime(Date.now() + 61_000);
      const { code, message } = await pulling;
      expect(code).toBe('PULL_IN_TIMEOUT');
      expect(message).toMatch(/shop-web\/web-0 gets no traffic.*DOWN \(L4CON: Connection refused\)/);
    } finally {
      vi.useRealTimers();
    }
  });

  test("maintenance is a person's: never cleared, neither by out nor by in", async () => {
    await east.say(`set server ${BACKEND}/web-0 state maint`);
    const guard = openGuard();
    await pullOut('web-0', 0, guard);
    expect(guard.passed).toBe(1);
    expect(await Promise.all([status(east, 'web-0'), status(west, 'web-0')])).toEqual(['MAINT', 'DRAIN']);
    const { member } = await pullIn('web-0', guard);
    expect(member).toContain('is in maintenance');
    expect(member).toContain(east.socket);
    expect(member).not.toContain(west.tcpSocket);
    expect(await status(east, 'web-0')).toBe('MAINT');
    await eventually(async () => (await status(west, 'web-0')) === 'UP');
    await east.say(`set server ${BACKEND}/web-0 state ready`);
    expect(await pullIn('web-0')).toEqual({});
  });

  test('a server that follows another one is out with it: told, not waited for', async () => {
    const following = driver([east.socket], { backend: 'following' });
    await east.say(`set server ${BACKEND}/web-1 state drain`);
    const { server } = await following.pullIn(places.at('web-0'), 'release', openGuard(), patience());
    expect(server).toContain('following/web-0 tracks a server that is out');
    await east.say(`set server ${BACKEND}/web-1 state ready`);
    expect(await following.pullIn(places.at('web-0'), 'release', openGuard(), patience())).toEqual({});
  });

  test('a guard that refuses, and another uid: nothing is changed', async () => {
    const refusal = new Error('a later operation owns the group');
    const guard = Object.assign(() => Promise.reject(refusal), { passed: 0 });
    await expect(pullOut('web-0', 0, guard)).rejects.toBe(refusal);
    expect(await serving()).toEqual(MEMBERS);
    await pullOut('web-0', 0);
    await expect(pullIn('web-0', guard)).rejects.toBe(refusal);
    const reborn = { ...places.at('web-0'), uid: 'another' };
    const replaced = { code: 'INSTANCE_REPLACED' };
    expect(await codeOf(traffic.pullIn(reborn, 'release', openGuard(), patience()))).toMatchObject(replaced);
    expect(await codeOf(traffic.pullOut(reborn, out, openGuard(), patience()))).toMatchObject(replaced);
    expect(await codeOf(traffic.outBy(reborn))).toMatchObject(replaced);
    expect(await status(east, 'web-0')).toBe('DRAIN');
  });

  test('one that is replaced while it waits is not waited for', async () => {
    await pullOut('web-0');
    await instance('web-0').kill();
    await eventually(async () => (await status(west, 'web-0')).startsWith('DOWN'));
    const pulling = codeOf(pullIn('web-0'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    places.uids.set('web-0', 'another');
    expect(await pulling).toMatchObject({ code: 'INSTANCE_REPLACED' });
  });

  test('names by address: an instance that has none yet cannot be told', async () => {
    const byAddress = driver([east.socket], { server: '{address}' });
    places.addresses.set('web-0', null);
    const { code, message } = await codeOf(byAddress.pullOut(places.at('web-0'), out, openGuard(), patience()));
    expect(code).toBe('LOAD_BALANCER_TARGET_UNKNOWN');
    expect(message).toContain('web-0 has no address yet');
    expect(await byAddress.serving([SET])).toEqual(new Set());
  });
});

describe('a reload', () => {
  test('forgets the drain: serving tells the truth, and out takes it out again', async () => {
    await pullOut('web-0');
    await east.reload();
    await eventually(async () => (await status(east, 'web-0')) === 'UP');
    expect(await Promise.all([status(east, 'web-0'), status(west, 'web-0')])).toEqual(['UP', 'DRAIN']);
    expect((await traffic.outBy(places.at('web-0')))['release']).not.toContain(east.socket);
    await pullOut('web-0');
    expect(await status(east, 'web-0')).toBe('DRAIN');
    expect(await serving()).toEqual(['web-1', 'web-2']);
  });

  test('while connections drain: the new process is told, too', async () => {
    const asked = request(`${west.url}/slow/3000`, { headers: { host: BACKEND } });
    await eventually(async () => instances.some((one) => one.asked > 0));
    const busy = MEMBERS.find((member) => instance(member).asked > 0) ?? '';
    const pulling = pullOut(busy);
    await eventually(async () => (await status(east, busy)) === 'DRAIN');
    await east.reload();
    await pulling;
    expect(await Promise.all([status(east, busy), status(west, busy)])).toEqual(['DRAIN', 'DRAIN']);
    expect((await asked).statusCode).toBe(200);
  });

  test('with a state file the drain stays', async () => {
    await pullOut('web-0');
    await east.reload({ keep: true });
    expect(await status(east, 'web-0')).toBe('DRAIN');
    expect(await serving()).toEqual(['web-1', 'web-2']);
    await pullIn('web-0');
    await east.reload();
  });
});

describe('a process that does not do as it is told', () => {
  test('a socket of less than level admin: what it needs is said', async () => {
    traffic = driver([east.operatorSocket]);
    const { code, message } = await codeOf(pullOut('web-0'));
    expect(code).toBe('LOAD_BALANCER_REFUSED');
    expect(message).toContain('Permission denied');
    expect(message).toContain('"level admin"');
    expect(await serving()).toEqual(MEMBERS);
  });

  test('a server that is not in its configuration', async () => {
    traffic = driver([east.socket], { server: 'srv{ordinal}' });
    for (const { code, message } of [await codeOf(pullOut('web-2')), await codeOf(pullIn('web-2'))]) {
      expect(code).toBe('LOAD_BALANCER_TARGET_UNKNOWN');
      expect(message).toContain('backend shop-web has no server srv2');
    }
  });

  test('none there, one that is silent, one that hangs up, one that is no HAProxy', async () => {
    const servers: Server[] = [];
    const behaving = async (act: (socket: Socket) => void): Promise<string> => {
      const server = createServer(act).listen(0, '127.0.0.1');
      servers.push(server);
      await once(server, 'listening');
      return `127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    const asked = async (socket: string) => codeOf(driver([socket]).serving([SET]));
    try {
      expect((await asked('/nowhere/admin.sock')).message).toContain('HAProxy at /nowhere/admin.sock');
      const silent = await asked(await behaving(() => undefined));
      expect(silent).toMatchObject({ code: 'LOAD_BALANCER_UNREACHABLE' });
      expect(silent.message).toContain('no answer in 5 s');
      const closing = await asked(await behaving((socket) => void socket.end()));
      expect(closing.message).toContain('closed before the end of the answer');
      const strange = await asked(await behaving((socket) => void socket.end('HTTP/1.1 400 Bad\n\n')));
      expect(strange).toMatchObject({ code: 'LOAD_BALANCER_REFUSED' });
      expect(strange.message).toContain('HTTP/1.1 400 Bad');
    } finally {
      for (const server of servers) server.close();
    }
  });
});
