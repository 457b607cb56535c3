import { describe, expect, test } from 'vitest';
import { healthCode, readBehaviour } from '../../devfleet/host/behaviour.ts';
import { parseImageName } from '../../devfleet/host/images.ts';

const labels = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`transship.dev/sim.${key}`, value]));

describe('behaviour of a sim instance', () => {
  test('an image that says nothing ignites at once, stops promptly, lives on', () => {
    expect(readBehaviour({ 'org.opencontainers.image.title': 'x' })).toEqual({
      version: '',
      port: null,
      healthPath: '/health',
      igniteSeconds: 0,
      ignite: 'ok',
      crashAfterSeconds: null,
      exitCode: 0,
      stop: { mode: 'prompt' },
      latencyMs: 0,
    });
  });

  test('all labels are read', () => {
    const all = labels({
      version: 'v2',
      port: '9000',
      'health-path': '/@in',
      'ignite-seconds': '1.5',
      ignite: 'markdown',
      'crash-after-seconds': '3',
      'exit-code': '7',
      stop: 'slow:2.5',
      'latency-ms': '20',
    });
    expect(readBehaviour(all)).toEqual({
      version: 'v2',
      port: 9000,
      healthPath: '/@in',
      igniteSeconds: 1.5,
      ignite: 'markdown',
      crashAfterSeconds: 3,
      exitCode: 7,
      stop: { mode: 'slow', seconds: 2.5 },
      latencyMs: 20,
    });
  });

  test('a crash without an exit code is no success', () => {
    expect(readBehaviour(labels({ 'crash-after-seconds': '0' })).exitCode).toBe(1);
  });

  test.each([
    ['ignite', 'maybe'],
    ['stop', 'slowly'],
    ['stop', 'slow:'],
    ['ignite-seconds', 'soon'],
    ['latency-ms', ''],
    ['port', '-1'],
  ])('%s=%j means nothing and is named', (key, value) => {
    expect(() => readBehaviour(labels({ [key]: value }))).toThrow(`transship.dev/sim.${key}: "${value}"`);
  });

  test.each([
    ['ok', 1, 526],
    ['ok', 2, 200],
    ['fail', 1, 526],
    ['fail', 2, 527],
    ['never', 1000, 526],
    ['markdown', 2, 530],
  ])('ignite=%s after %d s of 2: %d', (ignite, seconds, code) => {
    expect(healthCode(readBehaviour(labels({ ignite, 'ignite-seconds': '2' })), seconds)).toBe(code);
  });
});

describe('image names', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  test.each([
    ['registry.north/shop/web:v1', { host: 'registry.north', repository: 'shop/web', reference: 'v1' }],
    ['127.0.0.1:5000/web', { host: '127.0.0.1:5000', repository: 'web', reference: 'latest' }],
    [`r:1/a/b@${digest}`, { host: 'r:1', repository: 'a/b', reference: digest }],
    [`r:1/a/b:tag@${digest}`, { host: 'r:1', repository: 'a/b', reference: digest }],
  ])('%s', (name, parts) => {
    expect(parseImageName(name)).toEqual(parts);
  });

  test.each(['', 'web', 'r/WEB:v1', 'r/web:', 'r/web@sha256:12'])('%j is none', (name) => {
    expect(() => parseImageName(name)).toThrow('image name');
  });
});
