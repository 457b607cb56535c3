import { describe, expect, it } from 'vitest';
import { trafficChain } from '../../../src/drivers/traffic/chain.ts';
import type { TrafficDriver } from '../../../src/drivers/traffic/index.ts';
import { codeOf, openGuard, patience } from '../../contract/world.ts';
import { memorySystem, type MemorySystem } from './traffic-double.ts';

const set = { idc: 'north', az: 'az-1', cluster: 'north-1', namespace: 'pro', name: 'shop-web-az-1' };
const at = { set, member: 'web-0', uid: 'uid' };
const out = { owner: 'release', reason: 'op-1', drainSeconds: 0 } as const;

interface Three {
  chain: TrafficDriver;
  service: MemorySystem;
  edge: MemorySystem;
  slb: MemorySystem;
  /** Every change, in order. */
  log: string[];
}

/** Services, which keep owners, before two load balancers with one flag. */
function three(): Three {
  const log: string[] = [];
  const members = ['web-0', 'web-1'];
  const service = memorySystem('service', log, true, members);
  const edge = memorySystem('edge', log, false, members);
  const slb = memorySystem('slb', log, false, members);
  const chain = trafficChain([
    { name: 'service', driver: service.driver },
    { name: 'edge', driver: edge.driver },
    { name: 'slb', driver: slb.driver },
  ]);
  return { chain, service, edge, slb, log };
}

describe('out and in', () => {
  it('out is all, in order; in is all, in reverse order', async () => {
    const { chain, log } = three();
    await chain.pullOut(at, out, openGuard(), patience());
    expect(log).toEqual(['service out web-0', 'edge out web-0', 'slb out web-0']);
    expect(await chain.outBy(at)).toEqual({ release: 'op-1' });
    log.length = 0;
    expect(await chain.pullIn(at, 'release', openGuard(), patience())).toEqual({});
    expect(log).toEqual(['slb in web-0', 'edge in web-0', 'service in web-0']);
    expect(await chain.outBy(at)).toEqual({});
  });

  it('again: nothing is changed', async () => {
    const { chain, log } = three();
    await chain.pullOut(at, out, openGuard(), patience());
    await chain.pullOut(at, out, openGuard(), patience());
    expect(log).toHaveLength(3);
    await chain.pullIn(at, 'release', openGuard(), patience());
    await chain.pullIn(at, 'release', openGuard(), patience());
    expect(log).toHaveLength(6);
  });

  it('connections of all drain together, and it lives meanwhile', async () => {
    const { chain } = three();
    const waiting = patience();
    const began = Date.now();
    await chain.pullOut(at, { ...out, drainSeconds: 1.2 }, openGuard(), waiting);
    expect(Date.now() - began).toBeGreaterThan(1_150);
    expect(Date.now() - began).toBeLessThan(2_400);
    expect(Math.max(...waiting.beats)).toBeGreaterThan(began + 900);
  });

  it('an instance serves where every driver says so', async () => {
    const { chain, edge, slb } = three();
    expect(await chain.serving([set])).toEqual(new Set(['web-0', 'web-1']));
    await edge.driver.pullOut(at, out, openGuard(), patience());
    expect(await chain.serving([set])).toEqual(new Set(['web-1']));
    slb.flags.delete('web-1');
    expect(await chain.serving([set])).toEqual(new Set());
  });

  it('one driver is itself: its errors are its own', async () => {
    const { service } = three();
    const alone = trafficChain([{ name: 'service', driver: service.driver }]);
    service.fail('pullOut', 'before');
    const { message } = await codeOf(alone.pullOut(at, out, openGuard(), patience()));
    expect(message).toBe('pullOut failed before it did anything');
    expect(() => trafficChain([])).toThrow('at least one traffic driver');
  });
});

describe('a driver that fails', () => {
  it.each(['before', 'after'] as const)(
    'out, %s it did anything: those before it and itself are put back',
    async (when) => {
      const { chain, slb, log } = three();
      slb.fail('pullOut', when, 'DRAIN_TIMEOUT');
      const { code, message } = await codeOf(chain.pullOut(at, out, openGuard(), patience()));
      expect(code).toBe('DRAIN_TIMEOUT');
      expect(message).toBe(`traffic driver slb: pullOut failed ${when} it did anything`);
      const last = when === 'after' ? ['slb out web-0', 'slb in web-0'] : [];
      expect(log).toEqual(['service out web-0', 'edge out web-0', ...last, 'edge in web-0', 'service in web-0']);
      expect(await chain.serving([set])).toEqual(new Set(['web-0', 'web-1']));
    },
  );

  it('what was out before the call stays out', async () => {
    const { chain, edge, slb, service, log } = three();
    await edge.driver.pullOut(at, out, openGuard(), patience());
    log.length = 0;
    slb.fail('pullOut', 'before');
    await codeOf(chain.pullOut(at, out, openGuard(), patience()));
    expect(log).toEqual(['service out web-0', 'service in web-0']);
    expect(edge.flags.get('web-0')).toEqual({ release: 'op-1' });
    expect(service.flags.get('web-0')).toEqual({});
  });

  it("another owner's flag that was there before stays, ours goes", async () => {
    const { chain, slb, service } = three();
    await service.driver.pullOut(at, { ...out, owner: 'health', reason: 'sick' }, openGuard(), patience());
    slb.fail('pullOut', 'before');
    await codeOf(chain.pullOut(at, out, openGuard(), patience()));
    expect(service.flags.get('web-0')).toEqual({ health: 'sick' });
  });

  it('one that cannot be put back is named, and the others are put back all the same', async () => {
    const { chain, edge, slb, log } = three();
    slb.fail('pullOut', 'before');
    edge.fail('pullIn', 'before');
    const { code, message } = await codeOf(chain.pullOut(at, out, openGuard(), patience()));
    expect(code).toBe('LOAD_BALANCER_UNREACHABLE');
    expect(message).toBe(
      'traffic driver slb: pullOut failed before it did anything; not put back: edge: pullIn failed before it did anything',
    );
    expect(log).toEqual(['service out web-0', 'edge out web-0', 'service in web-0']);
  });

  it('one that cannot even be asked changes nothing of its own', async () => {
    const { chain, edge, log } = three();
    edge.fail('outBy', 'before');
    const { message } = await codeOf(chain.pullOut(at, out, openGuard(), patience()));
    expect(message).toContain('traffic driver edge: outBy failed');
    expect(log).toEqual(['service out web-0', 'service in web-0']);
  });

  it('in: told, what is in stays in, and the next call does the rest', async () => {
    const { chain, edge, log } = three();
    await chain.pullOut(at, out, openGuard(), patience());
    log.length = 0;
    edge.fail('pullIn', 'before');
    const { message } = await codeOf(chain.pullIn(at, 'release', openGuard(), patience()));
    expect(message).toContain('traffic driver edge: pullIn failed');
    expect(log).toEqual(['slb in web-0']);
    await chain.pullIn(at, 'release', openGuard(), patience());
    expect(log).toEqual(['slb in web-0', 'edge in web-0', 'service in web-0']);
  });

  it('serving: told, never counted as "nobody serves"', async () => {
    const { chain, slb } = three();
    slb.fail('serving', 'before');
    const { code, message } = await codeOf(chain.serving([set]));
    expect(code).toBe('LOAD_BALANCER_UNREACHABLE');
    expect(message).toContain('traffic driver slb');
  });
});

describe('who may act', () => {
  it('the guard is asked before each change; where it refuses nothing more is changed, not even back', async () => {
    const { chain, log } = three();
    const refusal = new Error('a later operation owns the group');
    let asked = 0;
    const guard = (): Promise<void> => (asked++ < 2 ? Promise.resolve() : Promise.reject(refusal));
    await expect(chain.pullOut(at, out, guard, patience())).rejects.toBe(refusal);
    expect(log).toEqual(['service out web-0', 'edge out web-0']);
    expect(asked).toBe(3);
  });

  it('cancelled: the step is undone by whoever cancelled it, not by halves here', async () => {
    const { chain, edge, log } = three();
    const waiting = patience();
    edge.during('pullOut', () => waiting.abort(new Error('cancelled')));
    edge.fail('pullOut', 'before');
    await codeOf(chain.pullOut(at, out, openGuard(), waiting));
    expect(log).toEqual(['service out web-0']);
  });

  it('another uid: told, and nothing is changed', async () => {
    const { chain, log } = three();
    const reborn = { ...at, uid: 'another' };
    expect((await codeOf(chain.pullOut(reborn, out, openGuard(), patience()))).code).toBe('INSTANCE_REPLACED');
    expect((await codeOf(chain.pullIn(reborn, 'release', openGuard(), patience()))).code).toBe('INSTANCE_REPLACED');
    expect(log).toEqual([]);
  });

  it('while another owner keeps it out, systems with one flag stay out; the last owner opens all', async () => {
    const { chain, service, log } = three();
    await chain.pullOut(at, out, openGuard(), patience());
    await chain.pullOut(at, { ...out, owner: 'health', reason: 'sick' }, openGuard(), patience());
    log.length = 0;
    expect(await chain.pullIn(at, 'release', openGuard(), patience())).toEqual({ health: 'sick' });
    expect(log).toEqual(['service in web-0']);
    expect(service.flags.get('web-0')).toEqual({ health: 'sick' });
    expect(await chain.pullIn(at, 'health', openGuard(), patience())).toEqual({});
    expect(log).toEqual(['service in web-0', 'slb in web-0', 'edge in web-0', 'service in web-0']);
  });

  it('somebody takes it out while it is let in: systems with one flag are closed again', async () => {
    const { chain, service, edge, slb } = three();
    await chain.pullOut(at, out, openGuard(), patience());
    edge.during('pullIn', () => service.flags.set('web-0', { release: 'op-1', health: 'sick' }));
    expect(await chain.pullIn(at, 'release', openGuard(), patience())).toEqual({ health: 'sick' });
    expect(service.flags.get('web-0')).toEqual({ health: 'sick' });
    expect([edge.flags.get('web-0'), slb.flags.get('web-0')]).toEqual([
      { release: 'health: sick' },
      { release: 'health: sick' },
    ]);
  });

  it('without a driver that keeps owners there is one flag for all', async () => {
    const log: string[] = [];
    const edge = memorySystem('edge', log, false, ['web-0']);
    const slb = memorySystem('slb', log, false, ['web-0']);
    const chain = trafficChain([
      { name: 'edge', driver: edge.driver },
      { name: 'slb', driver: slb.driver },
    ]);
    expect(chain.keepsOwners).toBe(false);
    await chain.pullOut(at, { ...out, owner: 'health' }, openGuard(), patience());
    expect(await chain.pullIn(at, 'release', openGuard(), patience())).toEqual({});
    expect(await chain.serving([set])).toEqual(new Set(['web-0']));
  });
});
