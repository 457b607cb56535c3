// The Marathon client against a server that answers with shapes of real Marathons of several releases.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Marathon, type MarathonOptions } from '../../../src/drivers/marathon/client.ts';
import { isLocked, isStatus } from '../../../src/drivers/marathon/errors.ts';
import { serverSentEvents } from '../../../src/drivers/marathon/sse.ts';
import { codeOf, eventually, openGuard } from '../../contract/world.ts';
import { startSmallServer, type Reply, type SmallServer } from '../../support/small-server.ts';

const opened: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(opened.splice(0).map((one) => one.stop()));
});

const marathonOf = (urls: string[], options: Partial<MarathonOptions> = {}): Marathon => {
  const marathon = new Marathon({ name: 'north-1', urls, deadlineMs: 300, ...options });
  opened.push({ stop: () => marathon.close() });
  return marathon;
};
const answering = async (...answer: Exclude<Reply, string>): Promise<{ marathon: Marathon; server: SmallServer }> => {
  const server = await startSmallServer(() => answer);
  opened.push(server);
  return { marathon: marathonOf([server.url]), server };
};
const scale = (marathon: Marathon) => marathon.scale('/pro/web/r1', 2, openGuard());

const LOCKED = {
  message:
    "App is locked by one or more deployments. Override with the option '?force=true'. View details at '/v2/deployments/<DEPLOYMENT_ID>'.",
  deployments: [{ id: '97c136bf-5a28-4821-9d94-480d9fbb01c8' }],
};
const INVALID = {
  message: 'Object is not valid',
  details: [{ path: '/upgradeStrategy/minimumHealthCapacity', errors: ['is greater than 1'] }],
};

describe('refusals', () => {
  const REFUSALS: [string, Exclude<Reply, string>, string, string?][] = [
    ['malformed JSON', [400, { message: 'Invalid JSON', details: 'Unexpected end-of-input' }], 'APP_INVALID', 'end-of'],
    [
      'a type error',
      [422, { message: 'Invalid JSON', details: [{ path: '/id', errors: ['error.expected.jsstring'] }] }],
      'APP_INVALID',
      '/id error.expected.jsstring',
    ],
    ['validation', [422, INVALID], 'APP_INVALID', '/upgradeStrategy/minimumHealthCapacity is greater than 1'],
    ['not found', [404, { message: "App '/pro/web/r1' does not exist" }], 'NOT_FOUND', 'does not exist'],
    ['a URL that it does not know', [500, { message: 'URI not found' }], 'INTERNAL', 'URI not found'],
    ['exists', [409, { message: 'An app with id [/pro/web/r1] already exists.' }], 'INTERNAL', 'already exists'],
    ['locked', [409, LOCKED], 'DEPLOYMENT_LOCKED', '97c136bf-5a28-4821-9d94-480d9fbb01c8'],
    [
      'too many deployments, which is no missing right',
      [
        403,
        { message: 'Max number (100) of running deployments is achieved. Wait for existing deployments to finish' },
      ],
      'DEPLOYMENT_LOCKED',
    ],
    ['who are you', [401, { message: 'Invalid username or password.' }], 'CLUSTER_FORBIDDEN'],
    ['not allowed', [403, { message: 'Not Authorized to perform this action!' }], 'CLUSTER_FORBIDDEN'],
    ['a timeout of its own', [503, { message: 'Futures timed out' }], 'CLUSTER_UNREACHABLE', 'Futures timed out'],
    ['an empty 503', [503], 'CLUSTER_UNREACHABLE', '503'],
    ['nobody leads', [502, 'Could not determine the current leader'], 'CLUSTER_UNREACHABLE', 'current leader'],
    ['HTML of something in front', [500, '<html>oops</html>'], 'INTERNAL', '<html>oops'],
  ];
  test.each(REFUSALS)('%s', async (_, answer, code, text = '') => {
    const { marathon } = await answering(...answer);
    const refused = await codeOf(scale(marathon));
    expect(refused.code).toBe(code);
    expect(refused.message).toContain(text);
    expect(refused.message).toContain('/v2/apps/pro/web/r1');
  });

  test('a lock is told from what exists already, though both are 409', async () => {
    const { marathon } = await answering(409, LOCKED);
    const error = await scale(marathon).catch((thrown: unknown) => thrown);
    expect([isLocked(error), isStatus(error, 409)]).toEqual([true, true]);
    const { marathon: other } = await answering(409, { message: 'An app with id [/x] already exists.' });
    const exists = await other.create({ id: '/x' }, openGuard()).catch((thrown: unknown) => thrown);
    expect([isLocked(exists), isStatus(exists, 409)]).toEqual([false, true]);
  });

  test('silent for long: the cluster counts as lost, until it answers', async () => {
    let reply: Reply = [503, ''];
    const server = await startSmallServer(() => reply);
    opened.push(server);
    const marathon = marathonOf([server.url], { deadlineMs: 0, lostAfterSeconds: 60 });
    expect(await codeOf(marathon.deployments())).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + 61_000);
    expect(await codeOf(marathon.deployments())).toMatchObject({ code: 'CLUSTER_LOST' });
    reply = [200, []];
    expect(await marathon.deployments()).toEqual([]);
    reply = [503, ''];
    expect(await codeOf(marathon.deployments())).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
  });

  test.each([
    ['no JSON', 'pong'],
    ['something else', { apps: [{ id: 7 }] }],
  ])('an answer that is %s is not taken for one', async (_, body) => {
    const { marathon } = await answering(200, body);
    expect(await codeOf(marathon.apps('/x'))).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
  });
});

describe('changes', () => {
  test('force=false is said wherever the call knows it; ids are opaque', async () => {
    const { marathon, server } = await answering(200, { version: '2026-01-01T00:00:00.000Z', deploymentId: 'd1' });
    const guard = openGuard();
    await marathon.create({ id: '/pro/web/r1' }, guard);
    await marathon.scale('/pro/web/r1', 3, guard);
    await marathon.kill('/pro/web/r1', 'pro_web_r1.instance-7f0c._app.1', { scale: true }, guard);
    await marathon.kill('/pro/web/r1', 'a/b c', { scale: false }, guard);
    await marathon.remove('/pro/web/r1', guard);
    await marathon.killAndScale(['t1', 't2'], guard);
    await marathon.rollBack('d1', guard);
    expect(server.calls()).toEqual([
      'POST /v2/apps?force=false',
      'PATCH /v2/apps/pro/web/r1?force=false',
      'DELETE /v2/apps/pro/web/r1/tasks/pro_web_r1.instance-7f0c._app.1?scale=true&wipe=false&force=false',
      'DELETE /v2/apps/pro/web/r1/tasks/a%2Fb%20c?scale=false&wipe=false&force=false',
      'DELETE /v2/apps/pro/web/r1?force=false',
      'POST /v2/tasks/delete?scale=true&wipe=false&force=false',
      'DELETE /v2/deployments/d1?force=false',
    ]);
    expect(server.asked[1]?.body).toBe('{"instances":3}');
    expect(server.asked[5]?.body).toBe('{"ids":["t1","t2"]}');
    expect(guard.passed).toBe(7);
  });

  test('what is gone already is done: an app, a task, the whole path of a task, a deployment', async () => {
    const { marathon } = await answering(404, { message: "Path '/pro/web/r1' does not exist" });
    await marathon.remove('/pro/web/r1', openGuard());
    await marathon.kill('/pro/web/r1', 't', { scale: true }, openGuard());
    await marathon.rollBack('d1', openGuard());
  });

  test('the guard that refuses stops the change', async () => {
    const { marathon, server } = await answering(200, {});
    const refusal = new Error('a later operation owns the group');
    await expect(marathon.scale('/x', 1, () => Promise.reject(refusal))).rejects.toBe(refusal);
    expect(server.asked).toEqual([]);
  });
});

describe('reads', () => {
  test('apps with tasks, of a release that says much and of one that says little', async () => {
    const { marathon, server } = await answering(200, {
      apps: [
        {
          id: '/pro/web/r1',
          instances: 2,
          version: '2026-01-01T00:00:00.000Z',
          labels: { a: 'b' },
          constraints: [['@zone', 'IS', 'az-1']],
          deployments: [{ id: 'd1' }],
          healthChecks: [{ protocol: 'HTTP' }],
          lastTaskFailure: { taskId: 't0', state: 'TASK_FAILED', message: 'Container exited with status 1', host: 'h' },
          tasks: [
            {
              id: 'pro_web_r1.instance-1._app.1',
              appId: '/pro/web/r1',
              host: 'h1',
              slaveId: 's1',
              state: 'TASK_RUNNING',
              ports: [31000],
              ipAddresses: [{ ipAddress: '10.0.0.1', protocol: 'IPv4' }],
              healthCheckResults: [{ alive: true, consecutiveFailures: 0, taskId: 'older builds say it so' }],
              role: '*',
            },
            { id: 'pro_web.6f0e', host: 'h2', ipAddresses: null, healthCheckResults: [null] },
          ],
        },
        { id: '/pro/web/r2', instances: 0, labels: null },
      ],
    });
    const [first, second] = await marathon.apps('/pro/web/');
    expect(first).toMatchObject({ instances: 2, constraints: [['@zone', 'IS', 'az-1']], deployments: [{ id: 'd1' }] });
    expect(first?.tasks[0]).toMatchObject({ state: 'TASK_RUNNING', healthCheckResults: [{ alive: true }] });
    expect(first?.tasks[1]).toMatchObject({ id: 'pro_web.6f0e', ipAddresses: [], healthCheckResults: [null] });
    expect(second).toMatchObject({ labels: {}, tasks: [], deployments: [], healthChecks: [] });
    expect(server.calls()).toEqual([
      'GET /v2/apps?id=%2Fpro%2Fweb%2F&embed=apps.tasks&embed=apps.deployments&embed=apps.lastTaskFailure',
    ]);
  });

  test('the queue says why a task is not launched; pods in it are passed over', async () => {
    const { marathon } = await answering(200, {
      queue: [
        {
          app: { id: '/pro/web/r1' },
          count: 1,
          delay: { timeLeftSeconds: 12, overdue: false },
          since: '2026-01-01T00:00:00.000Z',
          processedOffersSummary: {
            processedOffersCount: 4,
            unusedOffersCount: 4,
            rejectSummaryLastOffers: [
              { reason: 'UnfulfilledConstraint', declined: 3, processed: 4 },
              { reason: 'InsufficientCpus', declined: 1, processed: 1 },
            ],
          },
        },
        { pod: { id: '/pro/pod' }, count: 1 },
      ],
    });
    const [app, pod] = await marathon.queue();
    expect(app?.processedOffersSummary?.rejectSummaryLastOffers.map(({ reason }) => reason)).toEqual([
      'UnfulfilledConstraint',
      'InsufficientCpus',
    ]);
    expect(pod?.app).toBeUndefined();
  });

  test('deployments', async () => {
    const { marathon } = await answering(200, [
      { id: 'd1', version: 'v', affectedApps: ['/pro/web/r1'], steps: [], currentStep: 1, totalSteps: 2 },
    ]);
    expect(await marathon.deployments()).toEqual([
      { id: 'd1', version: 'v', affectedApps: ['/pro/web/r1'], currentStep: 1, totalSteps: 2 },
    ]);
  });

  test('a read is left when it is cancelled', async () => {
    const server = await startSmallServer(() => 'silence');
    opened.push(server);
    const controller = new AbortController();
    const reading = marathonOf([server.url]).queue(controller.signal);
    const cancelled = new Error('cancelled');
    controller.abort(cancelled);
    await expect(reading).rejects.toBe(cancelled);
  });
});

describe('events', () => {
  const framed = async (chunks: string[]): Promise<object[]> => {
    const found: object[] = [];
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (const chunk of chunks) {
        await Promise.resolve();
        yield Buffer.from(chunk, 'utf8');
      }
    }
    for await (const event of serverSentEvents(bytes())) found.push(event);
    return found;
  };

  test('framing: any line end, also cut in half; comments; a byte order mark; several lines of data; a torn end', async () => {
    expect(
      await framed(['\uFEFFevent: a\ndata: 1\n\n', ':c\nevent:b\r', '\ndata:{"x":\r\ndata: 2}\r\n\r', '\n']),
    ).toEqual([
      { event: 'a', data: '1' },
      { event: 'b', data: '{"x":\n2}' },
    ]);
    expect(await framed(['event: none\n\ndata\n\nid: 7\nretry: 1\ndata:  x\n\ndata: torn'])).toEqual([
      { event: 'message', data: '' },
      { event: 'message', data: ' x' },
    ]);
    expect(await framed(['event: a\rdata: ü\r\r', 'data: 2\n\n'])).toEqual([
      { event: 'a', data: 'ü' },
      { event: 'message', data: '2' },
    ]);
  });

  test('a follower redirects; a stream that breaks is opened again, and listeners are told that they missed something', async () => {
    let streams = 0;
    const leader = await startSmallServer(({ headers }, response) => {
      if (headers.accept !== 'text/event-stream') return [405, '<html>'];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: event_stream_attached\ndata: {"remoteAddress":"127.0.0.1"}\n\n');
      if (streams++ > 0) response.write('event: deployment_success\ndata: {"id":"d1"}\n\n');
      else response.end('event: status_update_event\ndata: not JSON\n\n');
      return undefined;
    });
    const follower = await startSmallServer(({ url }) => [302, '', { location: `${leader.url}${url}` }]);
    opened.push(leader, follower);
    const { events } = marathonOf([follower.url]);
    const told: object[] = [];
    const deafen = events.listen((notice) => void told.push(notice));
    await eventually(() => Promise.resolve(told.length >= 5));
    expect(told).toEqual([
      { type: 'event_stream_attached', data: { remoteAddress: '127.0.0.1' } },
      { type: 'status_update_event', data: null },
      { type: 'reopened', data: null },
      { type: 'event_stream_attached', data: { remoteAddress: '127.0.0.1' } },
      { type: 'deployment_success', data: { id: 'd1' } },
    ]);
    expect(events.live).toBe(true);
    expect(leader.calls()[0]).toContain('event_type=instance_changed_event&event_type=');
    expect(leader.calls()[0]).toContain('&plan-format=light');
    deafen();
    events.close();
    expect(events.live).toBe(false);
  });
});

test('an instance that waits for its next launch is listed with the task that ended: left out unless it may run on', async () => {
  const ended = ['FINISHED', 'FAILED', 'KILLED', 'ERROR', 'DROPPED', 'GONE', 'GONE_BY_OPERATOR'];
  const others = ['STAGING', 'STARTING', 'RUNNING', 'KILLING', 'UNREACHABLE', 'LOST', 'UNKNOWN'];
  const listed = [...ended, ...others].map((word) => ({ id: word, state: `TASK_${word}` }));
  const tasks = [...listed, { id: 'of an old release' }];
  const { marathon } = await answering(200, { apps: [{ id: '/pro/web/r1', instances: 15, tasks }] });
  const [app] = await marathon.apps('/pro/web/');
  expect(app?.tasks.map(({ id }) => id)).toEqual([...others, 'of an old release']);
});
