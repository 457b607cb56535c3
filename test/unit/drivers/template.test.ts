import { expect, test } from 'vitest';
import { fingerprint } from '../../../src/drivers/azset/kubernetes/fingerprint.ts';
import { gate, gatedFor, ungate } from '../../../src/drivers/azset/kubernetes/gate.ts';
import { renderTemplate } from '../../../src/drivers/azset/kubernetes/template.ts';
import type { Spec } from '../../../src/domain/types.ts';

const set = { idc: 'north', az: 'az-1', cluster: 'c', namespace: 'pro', name: 'shop-web-az-1' };
const group = { env: 'pro', app: 'shop', group: 'web' };
const digest = `sha256:${'1'.repeat(64)}`;
const image = (repository: string): Spec['images'][string] => ({ repository, tag: 'v1', digest });
const spec: Spec = {
  number: 3,
  version: 'v1',
  images: { web: image('shop/web'), init: image('shop/init') },
  health: {
    path: '/',
    port: 80,
    timeoutSeconds: 1,
    codes: { ignited: [200], waiting: [], failed: [], markedDown: [] },
  },
  ports: [],
  traffic: [],
  template: {
    metadata: { labels: { tier: 'front', 'transship.dev/group': 'forged' } },
    spec: {
      containers: [{ name: 'web' }, { name: 'side', image: 'elsewhere/side:1' }],
      initContainers: [{ name: 'init' }],
      nodeSelector: { disk: 'ssd' },
    },
  },
};

test('fills in images by digest, the AZ and our labels; keeps the rest', () => {
  expect(renderTemplate(set, group, spec, 'registry.north')).toEqual({
    metadata: {
      labels: {
        tier: 'front',
        'transship.dev/app': 'shop',
        'transship.dev/group': 'web',
        'transship.dev/env': 'pro',
        'transship.dev/az-set': 'shop-web-az-1',
        'transship.dev/in-service': 'yes',
      },
    },
    spec: {
      containers: [
        { name: 'web', image: `registry.north/shop/web@${digest}` },
        { name: 'side', image: 'elsewhere/side:1' },
      ],
      initContainers: [{ name: 'init', image: `registry.north/shop/init@${digest}` }],
      nodeSelector: { disk: 'ssd', 'topology.kubernetes.io/zone': 'az-1' },
    },
  });
});

test('a fingerprint does not depend on the order of keys, nor on how the server writes what is empty', () => {
  const one = {
    metadata: { labels: { a: '1', b: '2' } },
    spec: { containers: [{ name: 'web', resources: {} }], x: null },
  };
  const same = {
    spec: { containers: [{ name: 'web' }] },
    metadata: { creationTimestamp: null, labels: { b: '2', a: '1' } },
  };
  const other = { spec: { containers: [{ name: 'web', tty: false }] }, metadata: { labels: { b: '2', a: '1' } } };
  expect(fingerprint(one)).toBe(fingerprint(same));
  expect(fingerprint(one)).not.toBe(fingerprint(other));
});

test('a gated template stands for the one at rest: taken back it is the same, and so is its fingerprint', () => {
  for (const annotations of [undefined, { note: 'kept' }]) {
    const { metadata, ...rest } = renderTemplate(set, group, spec, 'registry.example');
    const resting = { ...rest, metadata: { ...metadata, ...(annotations === undefined ? {} : { annotations }) } };
    const gated = gate(resting, 'shop-web-az-1-5d8f');
    expect(gatedFor(gated)).toBe('shop-web-az-1-5d8f');
    expect(gated.metadata?.labels?.['transship.dev/in-service']).toBe('no');
    expect(gated.metadata?.annotations?.['out.transship.dev/release']).toBeTypeOf('string');
    expect(ungate(gated)).toEqual(resting);
    expect(fingerprint(gated)).toBe(fingerprint(resting));
    expect(ungate(resting)).toBe(resting);
  }
});
