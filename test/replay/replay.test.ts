// Every workflow on every path, as it was recorded, replays against today's code: an upgrade may meet each of them.
// Recorded by chaos/record-histories.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { WORKFLOWS } from '../../src/temporal/names.ts';
import { buildBundle } from '../../src/worker/bundle.ts';

const FOLDER = new URL('histories/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
const read = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8');

let workflowBundle: { code: string };
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
  workflowBundle = await buildBundle();
});

/** Name → what was thrown, undefined where it replays. */
async function replay(histories: Record<string, unknown>): Promise<Record<string, Error | undefined>> {
  const outcome: Record<string, Error | undefined> = {};
  const list = Object.entries(histories).map(([workflowId, history]) => ({ workflowId, history }));
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, list))
    outcome[workflowId] = error;
  return outcome;
}

test('every recorded history replays', async () => {
  const outcome = await replay(Object.fromEntries(FILES.map((name) => [name, JSON.parse(read(name))])));
  expect(outcome).toEqual(Object.fromEntries(FILES.map((name) => [name, undefined])));
});

test.each(Object.values(WORKFLOWS))('%s is recorded', (type) => {
  expect(FILES.filter((name) => name.endsWith(`.${type}.json`))).not.toEqual([]);
});

test('a workflow that does something else than it did is found out', async () => {
  const changed = read('success.releaseGroup.json').replaceAll('"takeOut"', '"takeAway"');
  const { changed: error } = await replay({ changed: JSON.parse(changed) });
  expect(error?.name).toBe('DeterminismViolationError');
});

test.each(FILES)('%s goes through JSON and back unchanged', (name) => {
  const history: unknown = JSON.parse(read(name));
  const again: unknown = JSON.parse(historyToJSON(historyFromJSON(history)));
  expect(again).toEqual(history);
});

test.each(FILES)('%s says nothing of the machine it was recorded on', (name) => {
  const text = JSON.stringify(JSON.parse(read(name)), (key, value: unknown) =>
    key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
  );
  expect(text).not.toMatch(/\/(?:home|root|tmp|Users|work)\b|node_modules|file:\/\//);
});
