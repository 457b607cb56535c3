import { expect, test } from 'vitest';
import { anyText, poll, start } from './support.ts';

const WEB = { id: '/web', cmd: 'serve', cpus: 0.1, mem: 16 };

test('an app that finds no place says why, by the agents that refused it', async () => {
  const { call, mesos } = await start();
  mesos.agent('host-2');
  mesos.agent('host-3', { free: { cpus: 0.05 } });
  mesos.agent('host-4', { unavailability: { start: 0, duration: null } });
  await call('POST', '/v2/apps', { ...WEB, constraints: [['hostname', 'UNLIKE', 'host-[12]']], instances: 2 });
  const item = async (query = '') => (await call('GET', `/v2/queue${query}`)).body.queue[0];
  await poll(async () => (await item())?.processedOffersSummary.processedOffersCount ?? 0).toBeGreaterThan(3);
  const shown = await item();
  if (!shown) throw new Error('nothing waits');
  const { app, processedOffersSummary: summary, ...rest } = shown;
  expect(app).toMatchObject({ id: '/web', instances: 2 });
  expect(rest).toEqual({
    count: 2,
    role: '*',
    delay: { timeLeftSeconds: 0, overdue: true },
    since: anyText,
  });
  expect(summary.unusedOffersCount).toBe(summary.processedOffersCount);
  // Maintenance counts as a constraint first: the reasons are a funnel.
  expect(summary.rejectSummaryLastOffers).toEqual([
    { reason: 'UnfulfilledRole', declined: 0, processed: 4 },
    { reason: 'UnfulfilledConstraint', declined: 3, processed: 4 },
    { reason: 'NoCorrespondingReservationFound', declined: 0, processed: 1 },
    { reason: 'AgentMaintenance', declined: 0, processed: 1 },
    { reason: 'InsufficientCpus', declined: 1, processed: 1 },
    { reason: 'InsufficientMemory', declined: 0, processed: 0 },
    { reason: 'InsufficientDisk', declined: 0, processed: 0 },
    { reason: 'InsufficientGpus', declined: 0, processed: 0 },
    { reason: 'InsufficientPorts', declined: 0, processed: 0 },
    { reason: 'DeclinedScarceResources', declined: 0, processed: 0 },
  ]);
  expect(await item()).not.toHaveProperty('lastUnusedOffers');
  const lastUnusedOffers = (await item('?embed=lastUnusedOffers'))?.lastUnusedOffers ?? [];
  const inMaintenance = lastUnusedOffers.find(({ offer }) => offer.hostname === 'host-4');
  expect(inMaintenance?.reason).toEqual(['UnfulfilledConstraint', 'AgentMaintenance']);
});

test('who is launched leaves the queue; offers are asked for only while somebody waits', async () => {
  const { call, run, mesos } = await start();
  await run(WEB);
  expect((await call('GET', '/v2/queue')).body).toEqual({ queue: [] });
  expect(mesos.calls.at(-1)).not.toBe('revive');
  expect(mesos.calls).toContain('suppress');
  expect(mesos.calls).toContain('decline 120');
});

test('after a failure the next launch waits, longer each time, until the delay is reset', async () => {
  const { call, run, mesos } = await start({ clocks: { second: 1000 } });
  await run({ ...WEB, backoffSeconds: 60, backoffFactor: 2, maxLaunchDelaySeconds: 3600 });
  const fail = () => mesos.say(mesos.running('web')[0] ?? '', 'TASK_FAILED', { message: 'exited 1' });
  fail();
  const left = async () => (await call('GET', '/v2/queue')).body.queue[0]?.delay.timeLeftSeconds ?? -1;
  await poll(left).toBeGreaterThan(20);
  expect(mesos.running('web')).toEqual([]);
  expect((await call('GET', '/v2/queue')).body.queue[0]?.delay.overdue).toBe(false);
  expect((await call('GET', '/v2/apps/web')).body.app.lastTaskFailure).toMatchObject({
    appId: '/web',
    host: 'host-1',
    message: 'exited 1',
    state: 'TASK_FAILED',
    slaveId: 'agent-host-1',
  });

  expect((await call('DELETE', '/v2/queue/web/delay')).status).toBe(204);
  await poll(() => mesos.running('web')).toHaveLength(1);
  const gone = await call('DELETE', '/v2/queue/web/delay');
  expect(gone.status).toBe(404);
});

test('the wait ends by itself', async () => {
  const { call, run, mesos } = await start();
  await run({ ...WEB, backoffSeconds: 3 });
  mesos.say(mesos.running('web')[0] ?? '', 'TASK_FAILED');
  await poll(() => mesos.running('web')).toHaveLength(1);
  expect((await call('GET', '/v2/queue')).body).toEqual({ queue: [] });
});

test('a place that frees itself later is taken', async () => {
  const { call, settled, mesos } = await start();
  await call('POST', '/v2/apps', { ...WEB, constraints: [['@zone', 'IS', 'az-9']] });
  await poll(async () => (await call('GET', '/v2/queue')).text).toContain('"declined":1');
  mesos.agent('host-9', { zone: 'az-9' });
  mesos.offer();
  await settled();
  expect([...mesos.tasks.values()].map(({ agentId }) => agentId)).toEqual(['agent-host-9']);
});

test('a fixed address is asked for by the labels of the network, and ports stay in the container', async () => {
  const { call, run, mesos } = await start();
  mesos.onLaunch = ({ taskId }) => mesos.say(taskId, 'TASK_RUNNING', { addresses: ['10.1.0.7'] });
  await run({
    ...WEB,
    container: {
      type: 'DOCKER',
      docker: { image: 'shop/web:1' },
      portMappings: [{ containerPort: 8080, name: 'http' }],
    },
    networks: [{ mode: 'container', name: 'fixed', labels: { ip: '10.1.0.7' } }],
    taskKillGracePeriodSeconds: 30,
  });
  const [task] = mesos.tasks.values();
  expect(task).toMatchObject({
    image: 'shop/web:1',
    network: 'fixed',
    networkLabels: { ip: '10.1.0.7' },
    ports: [{ container: 8080, host: null, name: 'http' }],
    resources: { ports: [] },
    killGraceSeconds: 30,
    environment: { PORT0: '8080', PORT_HTTP: '8080', MARATHON_APP_DOCKER_IMAGE: 'shop/web:1' },
  });
  const [shown] = (await call('GET', '/v2/apps/web/tasks')).body.tasks;
  expect(shown).toMatchObject({ ipAddresses: [{ ipAddress: '10.1.0.7', protocol: 'IPv4' }], ports: [] });
});

test('beside an app, one with its host named brings an instance back to just that host', async () => {
  const { call, run, settled, mesos } = await start();
  mesos.agent('host-2');
  mesos.agent('host-3');
  await run({ ...WEB, instances: 3, constraints: [['hostname', 'UNIQUE']] });
  const onTwo = [...mesos.tasks.values()].find(({ agentId }) => agentId === 'agent-host-2');
  await call('DELETE', `/v2/apps/web/tasks/${onTwo?.taskId ?? ''}?scale=true`);
  await settled();
  await run({ ...WEB, id: '/web-rb-host-2', constraints: [['hostname', 'CLUSTER', 'host-2']] });
  const [back] = (await call('GET', '/v2/apps/web-rb-host-2/tasks')).body.tasks;
  expect(back).toMatchObject({ host: 'host-2', state: 'TASK_RUNNING' });
  expect(mesos.running('web')).toHaveLength(2);
});
