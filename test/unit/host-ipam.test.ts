import { describe, expect, test } from 'vitest';
import { Ipam, IP_ADDRESS, IP_POOL, NoAddress } from '../../devfleet/host/kubelet/ipam.ts';
import type { Pod } from '../../devfleet/host/kubelet/pod.ts';

function pod(
  name: string,
  annotations: Record<string, string> = {},
  more: { owner?: string; podIP?: string } = {},
): Pod {
  const { owner, podIP } = more;
  const ownerReferences = owner === undefined ? [] : [{ apiVersion: 'apps/v1', kind: owner, name: 'web' }];
  return {
    metadata: { name, namespace: 'pro', uid: `uid-${name}`, resourceVersion: '1', annotations, ownerReferences },
    spec: { containers: [] },
    ...(podIP === undefined ? {} : { status: { podIP } }),
  };
}

describe('addresses of pods', () => {
  test('each pod has its own, for as long as it lives; AZs and hosts never meet', () => {
    const ipam = new Ipam(7);
    const given = new Set<string>();
    for (const az of [1, 2, 15]) for (let n = 0; n < 600; n++) given.add(ipam.assign(pod(`${az}-${n}`), az));
    expect(given.size).toBe(1800);
    for (const address of given) expect(Number(address.split('.')[2]) % 16).not.toBe(0);
    expect(ipam.assign(pod('1-0'), 1)).toBe('10.7.1.10');
  });

  test('a freed address is not given again at once', () => {
    const ipam = new Ipam(7);
    const first = ipam.assign(pod('a'), 1);
    ipam.release('uid-a');
    expect(ipam.assign(pod('b'), 1)).not.toBe(first);
  });

  test('a pod keeps the address that its status shows', () => {
    const ipam = new Ipam(7);
    const pods = [
      pod('a', {}, { podIP: '10.7.1.10' }),
      pod('b', {}, { podIP: '10.7.1.10' }),
      pod('c', {}, { podIP: '10.8.1.1' }),
    ];
    for (const one of pods) ipam.recall(one);
    expect(ipam.assign(pod('new'), 1)).toBe('10.7.1.11');
    expect(pods.map((one) => ipam.assign(one, 1))).toEqual(['10.7.1.10', '10.7.1.12', '10.7.1.13']);
  });

  test('a pod of a StatefulSet takes the element of its ordinal', () => {
    const ipam = new Ipam(7);
    const pool = { [IP_POOL]: '10.7.1.1, 10.7.1.2,10.7.1.3' };
    expect(ipam.claim(pod('web-2', pool, { owner: 'StatefulSet' }))).toBe('10.7.1.3');
    expect(ipam.claim(pod('web-0', pool, { owner: 'StatefulSet' }))).toBe('10.7.1.1');
    expect(() => ipam.claim(pod('web-3', pool, { owner: 'StatefulSet' }))).toThrow('NoAvailableAddress');
  });

  test('any other pod takes the first that is free', () => {
    const ipam = new Ipam(7);
    const pool = { [IP_POOL]: '10.7.1.1;10.7.1.2' };
    expect(['a-5', 'b-5'].map((name) => ipam.claim(pod(name, pool, { owner: 'ReplicaSet' })))).toEqual([
      '10.7.1.1',
      '10.7.1.2',
    ]);
    expect(() => ipam.claim(pod('c', pool))).toThrow(NoAddress);
    ipam.release('uid-a-5');
    expect(ipam.claim(pod('c', pool))).toBe('10.7.1.1');
  });

  test('ip_address wins over ip_pool, and names the holder where it is taken', () => {
    const ipam = new Ipam(7);
    const wants = { [IP_POOL]: '10.7.1.1', [IP_ADDRESS]: '10.7.1.9' };
    expect(ipam.claim(pod('a', wants))).toBe('10.7.1.9');
    expect(ipam.claim(pod('a', wants))).toBe('10.7.1.9');
    expect(() => ipam.claim(pod('b', wants))).toThrow('10.7.1.9 is held by pro/a');
  });

  test('a pod that asks for nothing claims nothing', () => {
    expect(new Ipam(7).claim(pod('a'))).toBeUndefined();
  });
});
