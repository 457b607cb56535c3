import { expect, test } from 'vitest';
import type { V1EndpointSlice, V1Service } from '@kubernetes/client-node';
import { endpointsOf, listeningAddress, serviceOfSlice } from '../../devfleet/frontdoor/routes.ts';
import { RoutingTable } from '../../devfleet/frontdoor/table.ts';

/** Objects as the API server sends them: plain JSON, not the client library's classes. */
function asSent<T>(object: unknown): T {
  return object as T;
}

const service = asSent<V1Service>({
  metadata: { namespace: 'pro', name: 'web' },
  spec: {
    ports: [
      { name: 'http', port: 80 },
      { name: 'admin', port: 81 },
    ],
  },
});

interface Said {
  addresses: string[];
  conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
  targetRef?: { name: string };
}

function slice(endpoints: Said[], addressType = 'IPv4') {
  return asSent<V1EndpointSlice>({
    metadata: { namespace: 'pro', name: 'web-x', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType,
    endpoints,
    ports: [
      { name: 'admin', port: 9000 },
      { name: 'http', port: 8080 },
    ],
  });
}

const route = (endpoints: Said[]) => endpointsOf('north', service, [slice(endpoints)]).map((e) => e.address);
const at = (address: string, cluster = 'north') => ({ address, port: 8080, cluster, pod: null });

test.each([
  ['nothing said', {}, true],
  ['ready', { ready: true }, true],
  ['not ready', { ready: false }, false],
  ['ready and terminating', { ready: true, terminating: true }, false],
  ['serving while it terminates', { ready: false, serving: true, terminating: true }, false],
])('an endpoint with %s', (_, conditions, routed) => {
  expect(route([{ addresses: ['10.1.0.1'], conditions }])).toEqual(routed ? ['10.1.0.1'] : []);
});

test('the port is the one that the slice gives under the name of the first port of the Service', () => {
  const endpoints = endpointsOf('north', service, [slice([{ addresses: ['10.1.0.1'], targetRef: { name: 'web-0' } }])]);
  expect(endpoints).toEqual([{ address: '10.1.0.1', port: 8080, cluster: 'north', pod: 'web-0' }]);
});

test('an endpoint listed by two slices counts once; IPv6 slices do not count', () => {
  const one = slice([{ addresses: ['10.1.0.1'] }]);
  const six = slice([{ addresses: ['fd00::1'] }], 'IPv6');
  expect(endpointsOf('north', service, [one, one, six])).toHaveLength(1);
});

test('a slice names its Service by label', () => {
  expect(serviceOfSlice(slice([]))).toBe('pro/web');
  expect(serviceOfSlice(asSent({ metadata: { namespace: 'pro' } }))).toBeNull();
});

test('only published 10.a.b.c addresses are mapped to loopback', () => {
  expect(listeningAddress('10.1.2.3')).toBe('127.1.2.3');
  expect(listeningAddress('172.17.0.2')).toBe('172.17.0.2');
});

test('requests go round robin over all endpoints', () => {
  const table = new RoutingTable();
  table.set('pro/web', [at('10.1.0.1'), at('10.1.0.2'), at('10.2.0.1', 'south')]);
  const picked = Array.from({ length: 6 }, () => table.pick('pro/web')?.address);
  expect(picked).toEqual(['10.1.0.1', '10.1.0.2', '10.2.0.1', '10.1.0.1', '10.1.0.2', '10.2.0.1']);
  expect(table.pick('pro/other')).toBeNull();
});

test('the journal holds every change of the set of addresses and nothing else', () => {
  const table = new RoutingTable();
  table.set('pro/web', [at('10.1.0.2'), at('10.1.0.1')]);
  table.set('pro/web', [at('10.1.0.1'), at('10.1.0.2')]);
  table.set('pro/web', [at('10.1.0.1')]);
  table.set('pro/web', []);
  const [first, ...rest] = table.journal(0);
  expect(first).toMatchObject({
    seq: 1,
    service: 'pro/web',
    addresses: ['10.1.0.1', '10.1.0.2'],
    added: ['10.1.0.2', '10.1.0.1'],
    removed: [],
    count: 2,
  });
  expect(rest).toMatchObject([
    { seq: 2, addresses: ['10.1.0.1'], added: [], removed: ['10.1.0.2'], count: 1 },
    { seq: 3, addresses: [], added: [], removed: ['10.1.0.1'], count: 0 },
  ]);
  expect(table.journal(2)).toEqual(rest.slice(1));
  expect(rest[1]?.ms).toBeGreaterThanOrEqual(first?.ms ?? Infinity);
});
