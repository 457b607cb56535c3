import { expect, test } from 'vitest';
import { start } from './support.ts';

const WEB = { id: '/web', cmd: 'serve', cpus: 0.1, mem: 16 };

test('malformed JSON is 400 with the parser’s text as a string', async () => {
  const { call } = await start();
  const of = async (text: string) => {
    const { status, body } = await call('POST', '/v2/apps', text);
    return [status, body.message, body.details];
  };
  expect(await of('{"id":"/web"')).toEqual([
    400,
    'Invalid JSON',
    'Unexpected end-of-input: expected close marker for Object ' +
      '(start marker at [Source: (byte[])"{"id":"/web""; line: 1, column: 1])',
  ]);
  expect(await of('hello')).toEqual([
    400,
    'Invalid JSON',
    "Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
  ]);
  expect((await of('{"a":}'))[2]).toMatch(/^Unexpected character \('}' \(code 125\)\)/);
});

test('an empty body is 400', async () => {
  const { call } = await start();
  const { status, body } = await call('POST', '/v2/apps', '');
  expect([status, body]).toEqual([
    400,
    {
      message: 'Please specify data in JSON format',
      details: 'No content to map due to end-of-input\n at [Source: (byte[])""; line: 1, column: 0]',
    },
  ]);
});

test('wrong types and wrong values are 422, told apart by their message', async () => {
  const { call } = await start();
  const types = await call('POST', '/v2/apps', { ...WEB, id: 1 });
  expect([types.status, types.body]).toEqual([
    422,
    { message: 'Invalid JSON', details: [{ path: '/id', errors: ['error.expected.jsstring'] }] },
  ]);
  const values = await call('POST', '/v2/apps', { id: '/web' });
  expect([values.status, values.body]).toEqual([
    422,
    {
      message: 'Object is not valid',
      details: [
        { path: '/', errors: ["AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'."] },
      ],
    },
  ]);
  const list = await call('PUT', '/v2/apps', WEB);
  expect([list.status, list.body.details]).toEqual([422, [{ path: '', errors: ['error.expected.jsarray'] }]]);
});

test('what is not found is 404: from a resource with details, from an exception without', async () => {
  const { call } = await start();
  const of = async (method: string, path: string, body?: unknown) => {
    const reply = await call(method, path, body);
    return [reply.status, reply.body];
  };
  expect(await of('GET', '/v2/apps/x')).toEqual([404, { message: "App '/x' does not exist", details: [] }]);
  expect(await of('GET', '/v2/apps/x/tasks')).toEqual([404, { message: "App '/x' does not exist", details: [] }]);
  expect(await of('GET', '/v2/apps/x/versions')).toEqual([404, { message: "App '/x' does not exist", details: [] }]);
  expect(await of('DELETE', '/v2/apps/x/tasks')).toEqual([404, { message: "App '/x' does not exist", details: [] }]);
  expect(await of('DELETE', '/v2/apps/x/tasks?scale=true')).toEqual([404, { message: "Path '/x' does not exist" }]);
  expect(await of('DELETE', '/v2/apps/x')).toEqual([404, { message: "App '/x' does not exist" }]);
  expect(await of('DELETE', '/v2/deployments/x')).toEqual([
    404,
    { message: 'DeploymentPlan x does not exist', details: [] },
  ]);
  expect(await of('DELETE', '/v2/queue/x/delay')).toEqual([
    404,
    { message: 'Application /x not found in tasks queue.', details: [] },
  ]);
});

test('an unknown URL is 500; a known one with another method 405, with another type 415', async () => {
  const { call } = await start();
  const unknown = await call('GET', '/v2/nothing');
  expect([unknown.status, unknown.body]).toEqual([500, { message: 'URI not found' }]);
  const method = await call('PUT', '/v2/queue', {});
  expect([method.status, method.body]).toEqual([405, { message: 'Method Not Allowed' }]);
  const type = await call('POST', '/v2/apps', WEB, { 'content-type': 'text/plain' });
  expect([type.status, type.body]).toEqual([415, { message: 'Unsupported Media Type' }]);
});

test('an app that exists is 409 with its id; a locked one 409 with the deployment', async () => {
  const { call, run, mesos } = await start();
  await run(WEB);
  const exists = await call('POST', '/v2/apps', WEB);
  expect([exists.status, exists.body]).toEqual([409, { message: 'An app with id [/web] already exists.' }]);

  mesos.onLaunch = () => undefined;
  const { deploymentId } = (await call('PATCH', '/v2/apps/web', { instances: 2 })).body;
  const locked = await call('PATCH', '/v2/apps/web', { instances: 3 });
  expect([locked.status, locked.body]).toEqual([
    409,
    {
      message:
        "App is locked by one or more deployments. Override with the option '?force=true'. " +
        "View details at '/v2/deployments/<DEPLOYMENT_ID>'.",
      deployments: [{ id: deploymentId }],
    },
  ]);
  expect((await call('GET', '/v2/apps/web')).body.app.instances).toBe(2);
});

test('more deployments than may run are 403', async () => {
  const { call, mesos } = await start({ maxRunningDeployments: 2 });
  mesos.onLaunch = () => undefined;
  await call('POST', '/v2/apps', { ...WEB, id: '/a' });
  await call('POST', '/v2/apps', { ...WEB, id: '/b' });
  const third = await call('POST', '/v2/apps', { ...WEB, id: '/c' });
  expect(third.status).toBe(403);
  expect(third.body.message).toMatch(
    /^Max number \(2\) of running deployments is achieved\. Wait for existing deployments to complete or cancel oneusing force=true/,
  );
});

test('scale and wipe together are 400, on all three ways to kill', async () => {
  const { call, run } = await start();
  await run(WEB);
  const message = { message: 'You cannot use scale and wipe at the same time.' };
  for (const [method, path, body] of [
    ['DELETE', '/v2/apps/web/tasks', undefined],
    ['DELETE', '/v2/apps/web/tasks/x', undefined],
    ['POST', '/v2/tasks/delete', { ids: [] }],
  ] as const) {
    const reply = await call(method, `${path}?scale=true&wipe=true`, body);
    expect([reply.status, reply.body]).toEqual([400, message]);
  }
});

test('apps that wait for each other, or are called as a group is, are 422', async () => {
  const { call, run } = await start();
  await run({ id: '/shop/web', dependencies: [] });
  const group = await call('POST', '/v2/apps', { ...WEB, id: '/shop' });
  expect([group.status, group.body.details]).toEqual([
    422,
    [{ path: '/', errors: ['Groups and Applications may not have the same identifier.'] }],
  ]);
  const cycle = await call('PUT', '/v2/apps', [
    { ...WEB, id: '/a', dependencies: ['/b'] },
    { ...WEB, id: '/b', dependencies: ['/a'] },
  ]);
  expect([cycle.status, cycle.body.details]).toEqual([
    422,
    [{ path: '/', errors: ['Dependency graph has cyclic dependencies.'] }],
  ]);
});
