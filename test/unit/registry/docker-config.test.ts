import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { dockerCredentials } from '../../../src/registry/docker-config.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transship-docker-'));
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`);
  await helper('good', 'read -r server; echo "{\\"Username\\":\\"for $server\\",\\"Secret\\":\\"s\\"}"');
  await helper('token', 'cat >/dev/null; echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"refresh\\"}"');
  await helper('empty', 'echo credentials not found in native keychain; exit 1');
  await helper('broken', 'echo "{\\"Secret\\":\\"do not tell\\""');
  await helper('failing', 'echo do not tell; exit 3');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function helper(name: string, script: string): Promise<void> {
  const path = join(folder, `docker-credential-${name}`);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

async function find(config: unknown, host: string) {
  const path = join(folder, 'config.json');
  await writeFile(path, typeof config === 'string' ? config : JSON.stringify(config));
  return dockerCredentials(path).find(host);
}

const auth = Buffer.from('robot:se:cret').toString('base64');
const robot = { username: 'robot', password: 'se:cret' };
const HOST = 'r.example:5000';

test.each([
  ['auths, by host', { auths: { [HOST]: { auth } } }, robot],
  ['auths, by URL', { auths: { [`https://${HOST}/v1/`]: { auth } } }, robot],
  ['auths, in clear', { auths: { [HOST]: { username: 'robot', password: 'se:cret' } } }, robot],
  ['an identity token', { auths: { [HOST]: { auth, identitytoken: 'refresh' } } }, { identityToken: 'refresh' }],
  ['another port', { auths: { 'r.example': { auth } } }, null],
  ['nothing', {}, null],
  [
    'an empty entry beside a store',
    { auths: { [HOST]: {} }, credsStore: 'good' },
    { username: `for ${HOST}`, password: 's' },
  ],
  ['a store that has none: auths', { auths: { [HOST]: { auth } }, credsStore: 'empty' }, robot],
  [
    'a helper of its own before the store',
    { credHelpers: { [HOST]: 'token' }, credsStore: 'good' },
    { identityToken: 'refresh' },
  ],
  [
    'a helper of its own that has none: nobody else is asked',
    { credHelpers: { [HOST]: 'empty' }, auths: { [HOST]: { auth } } },
    null,
  ],
])('%s', async (_what, config, expected) => {
  expect(await find(config, HOST)).toEqual(expected);
});

test('there is no file', async () => {
  expect(await dockerCredentials(join(folder, 'none.json')).find('r.example')).toBeNull();
});

test.each([
  ['no JSON', '{"auths":{"r.example":{"auth":"c2VjcmV0"}'],
  ['another shape', { auths: { 'r.example': { auth: 7 } } }],
  ['no user and password', { auths: { 'r.example': { auth: Buffer.from('do not tell').toString('base64') } } }],
  ['a helper that says nonsense', { credsStore: 'broken' }],
  ['a helper that fails', { credsStore: 'failing' }],
  ['a helper that is not there', { credsStore: 'absent' }],
  ['a helper with a path', { credsStore: '../sh' }],
])('%s is told, without a secret', async (_what, config) => {
  const error = await find(config, 'r.example').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'CREDENTIALS_UNREADABLE', kind: 'permanent' });
  expect(String(error)).not.toMatch(/do not tell|c2VjcmV0/);
});
