import { describe, expect, test } from 'vitest';
import { NoTaskAddress, TaskIpam } from '../../devfleet/host/agent/ipam.ts';
import { Ipam } from '../../devfleet/host/kubelet/ipam.ts';

describe('addresses of Mesos tasks', () => {
  test('none is of the range of the pods, or of another AZ, or a host', () => {
    const [tasks, pods] = [new TaskIpam(7), new Ipam(7)];
    const given = new Set<string>();
    const metadata = { namespace: 'pro', resourceVersion: '1' };
    for (const az of [1, 2, 15]) {
      for (let n = 0; n < 980; n++) given.add(tasks.assign(`${az}-${n}`, az));
      expect(() => tasks.assign('one too many', az)).toThrow(NoTaskAddress);
      for (let n = 0; n < 12 * 245; n++) {
        const name = `${az}-${n}`;
        given.add(pods.assign({ metadata: { ...metadata, name, uid: name }, spec: { containers: [] } }, az));
      }
    }
    expect(given.size).toBe(3 * 16 * 245);
    for (const address of given) expect(Number(address.split('.')[2]) % 16).not.toBe(0);
  });

  test('a freed address is not given again at once', () => {
    const ipam = new TaskIpam(7);
    const first = ipam.assign('a', 1);
    ipam.release('a', first);
    expect(ipam.assign('b', 1)).not.toBe(first);
  });

  test('one that is asked for may be any of the AZ; who does not own it cannot free it', () => {
    const ipam = new TaskIpam(7);
    expect(ipam.claim('a', '10.7.17.30', 1)).toBe('10.7.17.30');
    expect(ipam.claim('a', '10.7.17.30', 1)).toBe('10.7.17.30');
    ipam.release('b', '10.7.17.30');
    expect(() => ipam.claim('b', '10.7.17.30', 1)).toThrow('allocated to a');
    ipam.release('a', '10.7.17.30');
    expect(ipam.claim('b', '10.7.17.30', 1)).toBe('10.7.17.30');
  });

  test.each(['10.8.1.30', '10.7.2.30', '10.7.16.1', '10.7.1.0', '10.7.1.255', '10.7.257.3', '11.7.1.3', 'x', ''])(
    '%s is not of AZ 1',
    (address) => {
      expect(() => new TaskIpam(7).claim('a', address, 1)).toThrow(NoTaskAddress);
    },
  );
});
