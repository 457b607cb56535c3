import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import type { MarathonEvent } from '../../../devfleet/marathon/events/bus.ts';
import { EventStream } from '../../../devfleet/marathon/events/stream.ts';
import { anyNumber, anyText, textLike, poll, start } from './support.ts';

const WEB = { id: '/web', cmd: 'serve', cpus: 0.1, mem: 16 };

interface Reader {
  /** Events until now, parsed; the text of their frames as it came. */
  events: Record<string, unknown>[];
  text: string;
  ended: boolean;
  types(): string[];
  close(): void;
}

async function listen(
  url: string,
  accept: string | string[] = 'text/event-stream',
): Promise<Reader & { response: IncomingMessage }> {
  const request = get(url, { agent: false, headers: { accept } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const reader: Reader & { response: IncomingMessage } = {
    events: [],
    text: '',
    ended: false,
    response,
    types: () => reader.events.map(({ eventType }) => String(eventType)),
    close: () => request.destroy(),
  };
  response.on('data', (chunk: Buffer) => {
    reader.text += chunk.toString();
    reader.events = [...reader.text.matchAll(/^data: (.*)\r$/gm)].map(
      ([, data = '']) => JSON.parse(data) as Record<string, unknown>,
    );
  });
  response.on('error', () => undefined);
  response.on('close', () => (reader.ended = true));
  return reader;
}

test('a deployment is told step by step, a task state by state', async () => {
  const { marathon, run, mesos } = await start();
  const reader = await listen(`${marathon.urls[0] ?? ''}/v2/events`);
  expect(reader.response.headers).toMatchObject({
    'content-type': 'text/event-stream;charset=utf-8',
    connection: 'close',
  });
  await poll(() => reader.events.length).toBe(1);
  expect(reader.events[0]).toEqual({
    remoteAddress: '127.0.0.1',
    eventType: 'event_stream_attached',
    timestamp: anyText,
  });
  await run(WEB);
  await poll(() => reader.types()).toContain('deployment_success');
  expect(reader.types().slice(1)).toEqual([
    'group_change_success',
    'api_post_event',
    'deployment_info',
    'deployment_step_success',
    'deployment_info',
    'instance_changed_event',
    'instance_changed_event',
    'status_update_event',
    'instance_changed_event',
    'deployment_step_success',
    'deployment_success',
  ]);
  const of = (type: string) => reader.events.filter(({ eventType }) => eventType === type);
  expect(of('group_change_success')[0]).toMatchObject({ groupId: '/', version: anyText });
  expect(of('api_post_event')[0]).toMatchObject({
    clientIp: '127.0.0.1',
    uri: '/v2/apps',
    appDefinition: { id: '/web' },
  });
  expect(of('instance_changed_event').map(({ condition }) => condition)).toEqual([
    'Scheduled',
    'Provisioned',
    'Running',
  ]);
  expect(of('instance_changed_event')[2]).toEqual({
    instanceId: textLike(/^web\.instance-/),
    condition: 'Running',
    runSpecId: '/web',
    agentId: 'agent-host-1',
    host: 'host-1',
    runSpecVersion: anyText,
    timestamp: anyText,
    eventType: 'instance_changed_event',
  });
  expect(of('status_update_event')[0]).toEqual({
    slaveId: 'agent-host-1',
    taskId: mesos.running('web')[0],
    taskStatus: 'TASK_RUNNING',
    message: '',
    appId: '/web',
    host: 'host-1',
    ipAddresses: [],
    ports: [anyNumber],
    version: anyText,
    eventType: 'status_update_event',
    timestamp: anyText,
  });
  expect(of('deployment_info')[1]).toMatchObject({
    plan: { id: anyText, steps: [{ actions: [{ action: 'StartApplication', app: '/web' }] }, {}] },
    currentStep: { actions: [{ action: 'ScaleApplication', app: '/web' }] },
  });
  expect(of('deployment_success')[0]).toMatchObject({ id: anyText, plan: { version: anyText } });
  // Frames without ids; lines end as those of the real one's servlet.
  expect(reader.text).toMatch(/^event: event_stream_attached\r\ndata: \{.*\}\r\n\r\n/);
  expect(reader.text).not.toMatch(/^id:/m);
});

test('a filter leaves the rest out, its own attachment too; others see readers come and go', async () => {
  const { marathon, call, run, settled, mesos } = await start();
  const url = `${marathon.urls[0] ?? ''}/v2/events`;
  const all = await listen(url);
  const filtered = await listen(`${url}?event_type=app_terminated_event&event_type=deployment_failed`);
  await run(WEB);
  await call('DELETE', '/v2/apps/web');
  await settled();
  await poll(() => filtered.types()).toEqual(['app_terminated_event']);
  expect(filtered.events[0]).toMatchObject({ appId: '/web' });
  mesos.onLaunch = () => undefined;
  await call('POST', '/v2/apps', WEB);
  await call('DELETE', '/v2/apps/web?force=false');
  await poll(() => filtered.events.at(-1)).toMatchObject({
    eventType: 'deployment_failed',
    reason: textLike(/^App is locked/),
  });
  filtered.close();
  await poll(() => all.types()).toContain('event_stream_detached');
  expect(all.types().filter((type) => type === 'event_stream_attached')).toHaveLength(2);
});

test.each(['*/*', 'text/event-stream, */*', 'application/json'])('Accept: %s is 405, in HTML', async (accept) => {
  const { call } = await start();
  const { status, text, headers } = await call('GET', '/v2/events', undefined, { accept });
  expect(status).toBe(405);
  expect(headers.get('content-type')).toMatch(/^text\/html/);
  expect(text).toContain('HTTP method GET is not supported by this URL');
});

test('an empty line now and then shows that the stream lives', async () => {
  const { marathon } = await start({ clocks: { heartbeat: 5 } });
  const reader = await listen(`${marathon.urls[0] ?? ''}/v2/events`);
  await poll(() => reader.text).toMatch(/\r\n\r\n\r\n\r\n/);
});

const event = (n: number): MarathonEvent => ({ eventType: 'x', timestamp: '', n });

function sinkOf(): {
  written: string[];
  closed: boolean;
  full: boolean;
  drain: () => void;
  sink: ConstructorParameters<typeof EventStream>[0];
} {
  const state = {
    written: [] as string[],
    closed: false,
    full: false,
    drain: (): void => undefined,
    sink: {
      write: (text: string) => {
        state.written.push(text);
        return !state.full;
      },
      drained: (act: () => void) => (state.drain = act),
      close: () => (state.closed = true),
    },
  };
  return state;
}

test('a reader that is slow gets all in order; one that is too far behind is dropped', () => {
  const state = sinkOf();
  const stream = new EventStream(state.sink, new Set(), 1024);
  state.full = true;
  for (let n = 0; n <= 1024; n += 1) stream.send(event(n));
  expect([state.written.length, state.closed]).toEqual([1, false]);
  state.full = false;
  state.drain();
  expect(state.written.map((text) => Number(/"n":(\d+)/.exec(text)?.[1]))).toEqual(
    Array.from({ length: 1025 }, (_, n) => n),
  );

  state.full = true;
  for (let n = 0; n <= 1025; n += 1) stream.send(event(n));
  expect(state.closed).toBe(true);
});
