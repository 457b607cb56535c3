import { mkdtemp, appendFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { AuditTail, forwardOf, writeOf, type Write } from '../../bench/command-latency/writes.ts';

const COURSE = { prefix: 'shop-web-', version: 'v2', digest: 'sha256:new', began: 100 };

let clock = 100;
const patch = (resource: string, name: string, body: unknown): Write => ({
  at: clock++,
  verb: 'patch',
  resource,
  name,
  body,
});
const flag = (name: string, inService: 'yes' | 'no'): Write =>
  patch('pods', name, { metadata: { labels: { 'transship.dev/in-service': inService } } });
const deploy = (name: string, digest: string): Write =>
  patch('pods', name, { metadata: { labels: {} }, spec: { containers: [{ image: `registry:5000/shop@${digest}` }] } });
const template = (version: string): Write =>
  patch('statefulsets', 'shop-web-az-1', [
    { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
    { op: 'add', path: '/metadata/annotations', value: { 'transship.dev/version': version } },
  ]);
const annotated = (annotations: Record<string, string | null>): Write =>
  patch('statefulsets', 'shop-web-az-1', { metadata: { annotations } });

test('what an abort undoes is told from what went forward, by what was written', () => {
  const writes = [
    template('v2'),
    flag('shop-web-az-1-0', 'no'),
    deploy('shop-web-az-1-0', 'sha256:new'),
    flag('shop-web-az-1-0', 'yes'),
    flag('shop-web-az-1-1', 'no'),
    annotated({ 'transship.dev/fence': 'rel-1/2/30' }),
    // The undo: out again, back, in; the one that was only taken out goes in as it is.
    flag('shop-web-az-1-0', 'no'),
    flag('shop-web-az-1-1', 'yes'),
    deploy('shop-web-az-1-0', 'sha256:old'),
    flag('shop-web-az-1-0', 'yes'),
    template('v1'),
    annotated({ 'transship.dev/previous': null }),
  ];
  expect(forwardOf(writes, COURSE).map(({ what, name }) => `${what} ${name}`)).toEqual([
    'stage shop-web-az-1',
    'takeOut shop-web-az-1-0',
    'deploy shop-web-az-1-0',
    'putIn shop-web-az-1-0',
    'takeOut shop-web-az-1-1',
  ]);
});

test('pulls and the end of a release are forward; evictions, other apps and other releases are not', () => {
  const pull = { ...patch('pods', 'shop-web-az-1-pull-1', {}), verb: 'create' };
  const eviction = { ...patch('pods/eviction', 'shop-web-az-1-pull-1', {}), verb: 'create' };
  const settle = annotated({ 'transship.dev/previous': null });
  const earlier = { ...flag('shop-web-az-1-0', 'no'), at: 99 };
  const writes = [earlier, template('v2'), pull, eviction, flag('other-web-az-1-0', 'no'), settle];
  expect(forwardOf(writes, COURSE).map(({ what }) => what)).toEqual(['stage', 'pull', 'settle']);
});

const line = (more: object): string =>
  JSON.stringify({
    user: { username: 'transship' },
    verb: 'patch',
    requestURI: '/api/v1/namespaces/pro/pods/shop-web-az-1-0?fieldManager=transship',
    requestReceivedTimestamp: '2026-01-01T12:00:00.123456Z',
    objectRef: { resource: 'pods', name: 'shop-web-az-1-0' },
    responseStatus: { code: 200 },
    requestObject: { spec: {} },
    ...more,
  });

test.each([
  ['a read', { verb: 'get' }],
  ['a change by somebody else', { user: { username: 'admin' } }],
  ['a trial', { requestURI: '/apis/apps/v1/x?fieldManager=transship&dryRun=All' }],
  ['a refused one', { responseStatus: { code: 409 } }],
])('%s is no write', (_what, more) => {
  expect(writeOf(line(more))).toBeNull();
});

test('an audit log is read as it grows, half lines included', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'transship-audit-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const log = path.join(folder, 'audit.log');
  const second = line({ requestReceivedTimestamp: '2026-01-01T12:00:00.123001Z' });
  await appendFile(log, `${line({})}\n${second.slice(0, 40)}`);
  const tail = new AuditTail([log]);
  expect((await Promise.all([tail.read(), tail.read()])).map(({ length }) => length)).toEqual([1, 1]);
  await appendFile(log, `${second.slice(40)}\n`);
  const began = Date.parse('2026-01-01T12:00:00Z');
  expect((await tail.read()).map(({ at }) => Math.round((at - began) * 1_000))).toEqual([123_001, 123_456]);
});
