import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HttpTrafficConfig } from '../../../src/domain/traffic.ts';
import { httpTraffic } from '../../../src/drivers/traffic/http/index.ts';
import type { TrafficDriver } from '../../../src/drivers/traffic/index.ts';
import { codeOf, openGuard, patience } from '../../contract/world.ts';
import { balancerSettings, startHttpBalancer, type HttpBalancer } from '../../support/http-balancer.ts';
import { memoryPlaces, SET, type MemoryPlaces } from '../../support/places.ts';

const MEMBERS = ['web-0', 'web-1', 'web-2'];
const GROUP = 'shop-web';
const out = { owner: 'release', reason: 'op-1: v2', drainSeconds: 0 } as const;

let balancer: HttpBalancer;
let places: MemoryPlaces;
let traffic: TrafficDriver;
let applications: Server[];

const driver = (change: Partial<HttpTrafficConfig> = {}): TrafficDriver =>
  httpTraffic({ settings: { ...balancerSettings(balancer), ...change }, idc: 'north', places });
const pullOut = (member = 'web-0', guard = openGuard(), waiting = patience()) =>
  traffic.pullOut(places.at(member), out, guard, waiting);
const pullIn = (member = 'web-0', guard = openGuard()) =>
  traffic.pullIn(places.at(member), 'release', guard, patience());
/** Who answers now, by asking the proxy as clients do. */
const answering = async (): Promise<Set<string>> => {
  const names = new Set<string>();
  for (let n = 0; n < 12; n++) {
    const { body } = await request(`${balancer.url}/${GROUP}/`);
    names.add(await body.text());
  }
  return names;
};
const changes = (): string[] => balancer.calls.filter((call) => !call.startsWith('status'));

beforeEach(async () => {
  balancer = await startHttpBalancer();
  places = memoryPlaces(MEMBERS);
  traffic = driver();
  applications = await Promise.all(
    MEMBERS.map(async (member) => {
      const server = createServer((_, answer) => answer.end(member)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      balancer.add(GROUP, member, (server.address() as AddressInfo).port);
      return server;
    }),
  );
});
afterEach(async () => {
  await balancer.stop();
  for (const server of applications) {
    server.closeAllConnections();
    server.close();
  }
});

describe('out and in', () => {
  it('done only when the load balancer does it, not when it was told', async () => {
    balancer.lagMs = 600;
    const began = Date.now();
    await pullOut();
    expect(Date.now() - began).toBeGreaterThan(550);
    expect(await answering()).toEqual(new Set(['web-1', 'web-2']));
    expect(await traffic.serving([SET])).toEqual(new Set(['web-1', 'web-2']));
    expect(await traffic.outBy(places.at('web-0'))).toEqual({
      release: 'the load balancer says that web-0 is drained',
    });
    expect(await pullIn()).toEqual({});
    expect(await answering()).toEqual(new Set(MEMBERS));
    expect(await traffic.outBy(places.at('web-0'))).toEqual({});
    expect(changes()).toEqual(['pullOut shop-web/web-0', 'pullIn shop-web/web-0']);
  });

  it('again: it is asked, and not told', async () => {
    const guard = openGuard();
    await pullOut('web-0', guard);
    await pullOut('web-0', guard);
    expect(changes()).toEqual(['pullOut shop-web/web-0']);
    await pullIn('web-0', guard);
    await pullIn('web-0', guard);
    expect(changes()).toHaveLength(2);
    expect(guard.passed).toBe(2);
  });

  it('connections get their drain seconds after that, and it lives meanwhile', async () => {
    const waiting = patience();
    const began = Date.now();
    await traffic.pullOut(places.at('web-0'), { ...out, drainSeconds: 1.2 }, openGuard(), waiting);
    expect(Date.now() - began).toBeGreaterThan(1_200);
    expect(Math.max(...waiting.beats)).toBeGreaterThan(began + 900);
  });

  it('what it says of many is asked a few at a time, and once for all who ask together', async () => {
    const many = Array.from({ length: 40 }, (_, n) => `api-${n}`);
    places = memoryPlaces(many);
    for (const member of many) balancer.add(GROUP, member, 1);
    traffic = driver({ timeoutSeconds: 20 });
    const found = await Promise.all(Array.from({ length: 10 }, () => traffic.serving([SET])));
    expect(found.map(({ size }) => size)).toEqual(Array.from({ length: 10 }, () => 40));
    expect(balancer.calls).toHaveLength(40);
    expect(await traffic.serving([{ ...SET, name: 'another' }])).toEqual(new Set());
  });

  it.each(['out', 'in'] as const)('%s that never comes: told in time', async (way) => {
    if (way === 'in') await pullOut();
    balancer.lagMs = 3_600_000;
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const pulling = codeOf(way === 'out' ? pullOut() : pullIn());
      await new Promise((resolve) => setTimeout(resolve, 300));
      vi.setSystemTime(Date.now() + 61_000);
      const { code, message } = await pulling;
      expect(code).toBe(way === 'out' ? 'DRAIN_TIMEOUT' : 'PULL_IN_TIMEOUT');
      expect(message).toContain('web-0');
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('an API that does not do as it should', () => {
  it.each(['pullOut', 'pullIn', 'status'] as const)(
    '%s without an answer: asked again, and done once',
    async (kind) => {
      if (kind === 'pullIn') await pullOut();
      balancer.fail(kind, { kind: 'no-answer' });
      const guard = openGuard();
      await (kind === 'pullIn' ? pullIn('web-0', guard) : pullOut('web-0', guard));
      expect(balancer.isIn(GROUP, 'web-0')).toBe(kind === 'pullIn');
      // Every attempt at a change may be the one that does it: the guard is asked before each.
      expect(guard.passed).toBe(kind === 'status' ? 1 : 2);
    },
  );

  it('a guard that refuses the second attempt stops it', async () => {
    balancer.fail('pullOut', { kind: 'no-answer' });
    const refusal = new Error('a later operation owns the group');
    let asked = 0;
    const guard = (): Promise<void> => (asked++ === 0 ? Promise.resolve() : Promise.reject(refusal));
    await expect(traffic.pullOut(places.at('web-0'), out, guard, patience())).rejects.toBe(refusal);
    expect(changes()).toHaveLength(1);
  });

  it('without an answer for ever: told', async () => {
    balancer.fail('pullOut', { kind: 'no-answer' }, 4);
    const { code, message } = await codeOf(pullOut());
    expect(code).toBe('LOAD_BALANCER_UNREACHABLE');
    expect(message).toContain(`POST ${balancer.api}/op/pullOut`);
    expect(changes()).toHaveLength(4);
  });

  it('slow is waited for up to its time, and not told again: it may be at it', async () => {
    balancer.fail('pullOut', { kind: 'slow', ms: 500 });
    await pullOut();
    balancer.fail('pullIn', { kind: 'slow', ms: 1_500 });
    const { code, message } = await codeOf(pullIn());
    expect(code).toBe('LOAD_BALANCER_UNREACHABLE');
    expect(message).toContain('no answer in 1 s');
    expect(changes()).toEqual(['pullOut shop-web/web-0', 'pullIn shop-web/web-0']);
    expect(await pullIn()).toEqual({});
  });

  it('two answers: the first counts, and the second is never taken for the answer to another call', async () => {
    balancer.fail('status', { kind: 'two-answers' }, 3);
    balancer.fail('pullOut', { kind: 'two-answers' });
    await pullOut();
    expect(balancer.isIn(GROUP, 'web-0')).toBe(false);
    expect(await traffic.serving([SET])).toEqual(new Set(['web-1', 'web-2']));
  });

  it('a bad token', async () => {
    traffic = driver({ headers: { authorization: 'Bearer stolen' } });
    for (const { code, message } of [await codeOf(pullOut()), await codeOf(traffic.serving([SET]))]) {
      expect(code).toBe('LOAD_BALANCER_REFUSED');
      expect(message).toContain('401 bad token');
      expect(message).not.toContain('stolen');
    }
  });

  it('a server that it does not know: serves nobody, and cannot be taken out or in', async () => {
    balancer.remove(GROUP, 'web-0');
    expect(await traffic.serving([SET])).toEqual(new Set(['web-1', 'web-2']));
    for (const { code, message } of [await codeOf(pullOut()), await codeOf(pullIn())]) {
      expect(code).toBe('LOAD_BALANCER_TARGET_UNKNOWN');
      expect(message).toContain('web-0');
    }
    expect(changes()).toEqual([]);
  });

  it.each([
    [503, 'LOAD_BALANCER_UNREACHABLE'],
    [429, 'LOAD_BALANCER_UNREACHABLE'],
    [400, 'LOAD_BALANCER_REFUSED'],
    [302, 'LOAD_BALANCER_REFUSED'],
    [404, 'LOAD_BALANCER_TARGET_UNKNOWN'],
  ])('%i to a change, with what it says', async (status, expected) => {
    balancer.fail('pullOut', { kind: 'status', status, text: 'so it is' });
    const { code, message } = await codeOf(pullOut());
    expect(code).toBe(expected);
    expect(message).toContain(`${status} so it is`);
    expect(balancer.isIn(GROUP, 'web-0')).toBe(true);
  });

  it('an answer to the question that nobody gave a meaning is no answer', async () => {
    balancer.fail('status', { kind: 'status', status: 204, text: '' });
    expect(await codeOf(traffic.serving([SET]))).toMatchObject({ code: 'LOAD_BALANCER_REFUSED' });
  });

  it('nobody there', async () => {
    await balancer.stop();
    expect(await codeOf(pullOut())).toMatchObject({ code: 'LOAD_BALANCER_UNREACHABLE' });
  });
});

describe('who may act', () => {
  it('a guard that refuses, and another uid: it is not told', async () => {
    const refusal = new Error('a later operation owns the group');
    await expect(traffic.pullOut(places.at('web-0'), out, () => Promise.reject(refusal), patience())).rejects.toBe(
      refusal,
    );
    const reborn = { ...places.at('web-0'), uid: 'another' };
    expect(await codeOf(traffic.pullOut(reborn, out, openGuard(), patience()))).toMatchObject({
      code: 'INSTANCE_REPLACED',
    });
    expect(changes()).toEqual([]);
  });

  it('replaced while it waits: told, not waited for', async () => {
    balancer.lagMs = 3_600_000;
    const pulling = codeOf(pullOut());
    await new Promise((resolve) => setTimeout(resolve, 300));
    places.uids.set('web-0', 'another');
    expect(await pulling).toMatchObject({ code: 'INSTANCE_REPLACED' });
  });

  it('cancelled while it waits', async () => {
    balancer.lagMs = 3_600_000;
    const waiting = patience();
    const pulling = pullOut('web-0', openGuard(), waiting);
    setTimeout(() => waiting.abort(new Error('cancelled')), 300);
    await expect(pulling).rejects.toThrow('cancelled');
  });
});

describe('what it is told', () => {
  it('paths, percent-encoded, and bodies about the instance; the IDC in the URL; codes that mean done', async () => {
    const asked: string[] = [];
    let drained = false;
    const api = createServer((incoming, answer) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
      incoming.on('end', () => {
        asked.push(`${incoming.method ?? ''} ${incoming.url ?? ''} ${text}`.trim());
        if (incoming.method === 'PUT') drained = true;
        answer.writeHead(incoming.method === 'PUT' ? 418 : drained ? 410 : 299).end();
      });
    }).listen(0, '127.0.0.1');
    await once(api, 'listening');
    const { port } = api.address() as AddressInfo;
    places.addresses.set('web-0', 'fd00::1');
    traffic = driver({
      url: `http://127.0.0.1:${port}/{idc}/v1/`,
      drain: {
        method: 'PUT',
        path: '/servers?ip={address}&n={ordinal}',
        body: { down: true, at: null, where: { az: '{az}', of: ['{cluster}', '{env}'] } },
        ok: [418],
      },
      isDrained: { method: 'GET', path: '/servers?ip={address}', drained: [410], serving: [299] },
    });
    await pullOut();
    api.close();
    expect(asked).toEqual([
      'GET /north/v1/servers?ip=fd00%3A%3A1',
      'PUT /north/v1/servers?ip=fd00%3A%3A1&n=0 {"down":true,"at":null,"where":{"az":"az-1","of":["north-1","pro"]}}',
      'GET /north/v1/servers?ip=fd00%3A%3A1',
    ]);
  });

  it('an instance without an address is not asked for', async () => {
    traffic = driver({ isDrained: { ...balancerSettings(balancer).isDrained, path: '/by/{address}' } });
    places.addresses.set('web-0', null);
    for (const member of ['web-1', 'web-2']) places.uids.delete(member);
    expect(await traffic.serving([SET])).toEqual(new Set());
    const { code, message } = await codeOf(pullOut());
    expect(code).toBe('LOAD_BALANCER_TARGET_UNKNOWN');
    expect(message).toContain('web-0 has no address yet');
    expect(balancer.calls).toEqual([]);
    const settings = balancerSettings(balancer);
    traffic = driver({ drain: { ...settings.drain, body: { of: [{ ip: '{address}' }] } } });
    expect((await codeOf(pullOut())).message).toContain('web-0 has no address yet');
    expect(changes()).toEqual([]);
  });
});
