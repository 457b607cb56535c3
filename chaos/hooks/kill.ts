// What a fault run adds to worker.ts (TRANSSHIP_TEST_HOOKS): the worker traces the points it passes, and hits itself at
// the one it is told to.
import { AsyncLocalStorage } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import { flushCompileCache } from 'node:module';
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor, InjectedSinks } from '@temporalio/worker';
import type { TestHooks } from '../../src/worker/test-hooks.ts';
import { KEY_HEADER, type Passage, type Point, type Target } from './points.ts';
import type { ChaosSinks } from './workflow.ts';

const folder = process.env['TRANSSHIP_CHAOS_FOLDER'] ?? '';

/** @param change method and path of the change that it is about */
function pass(key: string, point: Point, change?: string): void {
  const target = claim(key, point);
  const passage: Passage = {
    ...{ at: new Date().toISOString(), pid: process.pid, key, point, hit: target !== null },
    ...(change === undefined ? {} : { change }),
  };
  appendFileSync(path.join(folder, 'trace.jsonl'), `${JSON.stringify(passage)}\n`);
  // Every other way to end (exit, shutdown, an error) tells the server.
  if (target !== null) process.kill(process.pid, target.blow === 'kill' ? 'SIGKILL' : 'SIGSTOP');
}

/** The target, if this is its point; once: it is claimed by a file, or the next worker would hit itself there for ever. */
function claim(key: string, point: Point): Target | null {
  const text = readFileSync(path.join(folder, 'target.json'), 'utf8');
  const target = JSON.parse(text) as Target | null;
  if (target?.key !== key || target.point !== point) return null;
  try {
    closeSync(openSync(path.join(folder, `claimed-${target.id}`), 'wx'));
    return target;
  } catch {
    return null;
  }
}

const running = new AsyncLocalStorage<{ key: string; changes: number }>();

const activities: ActivityInboundCallsInterceptor = {
  execute: async (input, next) => {
    const header = input.headers[KEY_HEADER];
    if (header === undefined) return next(input);
    const key = defaultPayloadConverter.fromPayload<string>(header);
    pass(key, 'before');
    try {
      return await running.run({ key, changes: 0 }, () => next(input));
    } finally {
      pass(key, 'after');
    }
  },
};

/** Requests that change something, as undici announces them: dry runs do not, and Mesos is only asked, by POST. */
const READS = ['GET', 'HEAD'];
const changes = new WeakMap<object, { key: string; nth: number; text: string }>();
interface Announced {
  request: { method: string; path: string };
}

channel('undici:request:create').subscribe((message) => {
  const { request } = message as Announced;
  const activity = running.getStore();
  if (
    activity === undefined ||
    READS.includes(request.method) ||
    request.path.includes('dryRun') ||
    request.path === '/api/v1'
  )
    return;
  activity.changes += 1;
  const change = { key: activity.key, nth: activity.changes, text: `${request.method} ${request.path}` };
  changes.set(request, change);
  pass(change.key, `sending ${change.nth}`, change.text);
});

channel('undici:request:headers').subscribe((message) => {
  const change = changes.get((message as Announced).request);
  if (change !== undefined) pass(change.key, `answered ${change.nth}`, change.text);
});

const sinks: InjectedSinks<ChaosSinks> = {
  chaos: { reached: { fn: (_info, key) => pass(key, 'reported'), callDuringReplay: false } },
};

export const options: TestHooks['options'] = {
  interceptors: { activity: [() => ({ inbound: activities })] },
  sinks,
  // A dead worker's workflows go to the next one soon: 10 s otherwise.
  stickyQueueScheduleToStartTimeout: '200ms',
};

// Who dies by SIGKILL leaves no compile cache behind; the next one starts a third faster with one.
setTimeout(flushCompileCache, 5_000).unref();
