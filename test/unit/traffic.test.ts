import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json as readJson } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { startTraffic } from '../../devfleet/traffic/index.ts';
import type { TrafficReport } from '../../devfleet/traffic/index.ts';

let server: Server | undefined;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

async function serve(handler: RequestListener): Promise<string> {
  server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/pro/web/`;
}

test('requests go out at the rate asked for and are counted by the version that answered', async () => {
  let asked = 0;
  const url = await serve((_, answer) => answer.end(JSON.stringify({ version: asked++ < 20 ? 'v1' : 'v2' })));
  const traffic = await startTraffic({ url, rate: 100 });
  await sleep(500);
  expect(traffic.current().requests).toBeGreaterThan(20);
  const report = await traffic.stop();
  // The one due at the start is the first, then one each hundredth of a second until the stop.
  expect(report.requests).toBe(Math.floor(report.seconds * 100) + 1);
  expect(report).toMatchObject({ url, rate: 100, failures: 0, firstFailures: [], inFlight: 0 });
  expect(report.versions).toEqual({ v1: 20, v2: report.requests - 20 });
  expect(asked).toBe(report.requests);
});

test('a stall shows in every request that was due while it lasted, and requests go on being sent', async () => {
  const waiting: (() => void)[] = [];
  let stalled = true;
  const url = await serve((_, answer) => {
    if (stalled) waiting.push(() => answer.end('{}'));
    else answer.end('{}');
  });
  const traffic = await startTraffic({ url, rate: 100 });
  await expect.poll(() => waiting.length, { timeout: 5000 }).toBeGreaterThan(30);
  stalled = false;
  for (const release of waiting) release();
  const { latencyMs, failures, versions, requests } = await traffic.stop();
  expect(latencyMs.max).toBeGreaterThan(300);
  expect(latencyMs.p50).toBeGreaterThan(10);
  expect({ failures, versions }).toEqual({ failures: 0, versions: { unnamed: requests } });
});

test('whatever is not a 2xx is a failure, told word for word; later ones are only counted', async () => {
  let asked = 0;
  const url = await serve((request, answer) => {
    const turn = asked++ % 4;
    if (turn === 0) answer.end('{}');
    else if (turn === 1) answer.writeHead(503).end('pro/web has no endpoint');
    else if (turn === 2) request.socket.resetAndDestroy();
    // else: never answers
  });
  const traffic = await startTraffic({ url, rate: 100, timeoutMs: 200 });
  await sleep(600);
  const { requests, failures, firstFailures, versions } = await traffic.stop();
  expect(failures).toBe(requests - (versions['unnamed'] ?? 0));
  expect(failures).toBeGreaterThan(30);
  expect(firstFailures).toHaveLength(20);
  const kinds = firstFailures.map(({ error }) => error);
  expect(kinds).toContain('503 pro/web has no endpoint');
  expect(kinds).toContain('timeout after 200 ms');
  expect(kinds).toContainEqual(expect.stringMatching(/ECONNRESET|other side closed/));
  for (const { at } of firstFailures) expect(new Date(at).toISOString()).toBe(at);
});

test('as a program: a report in JSON after --seconds, exit code 1 when a request failed', async () => {
  const url = await serve((_, answer) => answer.writeHead(500).end());
  const main = fileURLToPath(new URL('../../devfleet/traffic/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, '--url', url, '--rate', '50', '--seconds', '0.3', '--json']);
  const exit = once(child, 'exit');
  const report = (await readJson(child.stdout)) as TrafficReport;
  expect(report.failures).toBe(report.requests);
  expect(report.requests).toBeGreaterThan(10);
  expect(await exit).toEqual([1, null]);
});

test('a client that cannot start is an error, not silence', async () => {
  await expect(startTraffic({ url: 'no url', rate: 1 })).rejects.toThrow(/ended with 2/);
});
