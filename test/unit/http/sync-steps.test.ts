import { expect, test } from 'vitest';
import { readSteps } from '../../../src/http/temporal/syncs.ts';
import { pendingActivity } from '../../support/sync/temporal-double.ts';

const COPIED = { blobs: 4, here: 1, bytes: 4_000, hereBytes: 1_500, sentBytes: 1_700 };
const beat = (...registries: string[]): object => ({
  startedAt: '2026-01-01T12:00:00.000Z',
  registries: Object.fromEntries(
    registries.map((name) => [
      name,
      { ...COPIED, tally: { bytes: 1, sent: 0, mounted: 0, duplicates: 0, uploads: 1 } },
    ]),
  ),
});

test('a copy is that of the registries that its heartbeat names', () => {
  const steps = readSteps([
    pendingActivity('images-east', beat('east')),
    pendingActivity('images-south', beat('south', 'south-edge')),
  ]);
  expect(steps.of('south-edge', 'south', 'queued')).toEqual({
    ...{ step: 'copy', since: '2026-01-01T12:00:00.500Z', attempt: 1, worker: '4711@worker', nextAttempt: null },
    ...{ last: null, copied: COPIED },
  });
  expect(steps.of('north', 'north', 'queued')).toBeNull();
  expect(readSteps([]).of('south', 'south', 'queued')).toBeNull();
});

test('one that has not told anything yet is that of its IDC; nobody is at it', () => {
  const steps = readSteps([pendingActivity('images-south', null, { state: 1, lastWorkerIdentity: '' })]);
  expect(steps.of('south', 'south', 'queued')).toMatchObject({ step: 'copy', worker: null, copied: null });
  expect(steps.of('east', 'east', 'queued')).toBeNull();
});

test('a copy that failed says why, and when it is tried again; who was at it is not any more', () => {
  const failed = pendingActivity('images-south', beat('south'), {
    ...{ state: 1, attempt: 3, nextAttemptScheduleTime: { seconds: 1_767_268_860 } },
    lastFailure: { message: 'no answer', applicationFailureInfo: { type: 'REGISTRY_UNREACHABLE' } },
  });
  expect(readSteps([failed]).of('south', 'south', 'queued')).toMatchObject({
    ...{ attempt: 3, worker: null, nextAttempt: '2026-01-01T12:01:00.000Z', copied: COPIED },
    last: { code: 'REGISTRY_UNREACHABLE', message: 'no answer' },
  });
});

test('what has arrived waits for its tags, though the copy to others goes on', () => {
  const copy = pendingActivity('images-south', beat('south', 'south-edge'));
  const tag = pendingActivity('idc-south', null, { activityType: { name: 'moveTag' } });
  expect(readSteps([copy, tag]).of('south', 'south', 'arrived')).toMatchObject({ step: 'tag', copied: null });
  expect(readSteps([copy]).of('south', 'south', 'arrived')).toBeNull();
});

test('a heartbeat that is none of a copy is not taken for one', () => {
  const odd = pendingActivity('images-south', null, { heartbeatDetails: { payloads: [{ data: Buffer.from('{') }] } });
  expect(readSteps([odd]).of('south', 'south', 'queued')).toMatchObject({ copied: null });
});
