import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveBinaries } from '../../devfleet/binaries/resolve.ts';
import { pushImage } from '../../devfleet/images/index.ts';
import { startRegistry } from '../../devfleet/parts/registry.ts';
import { portsOf } from '../../devfleet/ports.ts';
import { Supervisor } from '../../devfleet/supervision/supervisor.ts';
import { Receiver } from '../support/webhook-receiver.ts';

// What a distribution registry tells whom it is started with.

interface Event {
  action: string;
  target: { mediaType: string; digest: string; repository: string; tag?: string };
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

let supervisor: Supervisor | undefined;
let all: Receiver | undefined;
let some: Receiver | undefined;
let url = '';

beforeAll(async () => {
  const binaries = await resolveBinaries(['registry'], () => undefined);
  [all, some] = await Promise.all([Receiver.start(), Receiver.start()]);
  supervisor = await Supervisor.start(await mkdtemp(join(tmpdir(), 'transship-registry-')), 1, () => undefined);
  const { port } = await startRegistry(
    supervisor,
    binaries.registry.path,
    'north',
    portsOf(supervisor.octets[0] ?? 1),
    [
      { url: all.url },
      {
        url: some.url,
        headers: { Authorization: ['Bearer secret'] },
        ignoredMediaTypes: ['application/octet-stream'],
        ignoredActions: ['pull'],
      },
    ],
  );
  url = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  all?.stop();
  some?.stop();
  await supervisor?.stop();
});

const events = (receiver: Receiver | undefined): Event[] =>
  (receiver?.received ?? []).flatMap(({ body }) => body.events as Event[]);

test('each endpoint hears of what it does not ignore, with its headers; one that fails hears it again', async () => {
  some?.answers.push(500);
  const { digest } = await pushImage(url, { repository: 'shop/web', tag: 'v1', labels: {} });
  const { body } = await request(`${url}/v2/shop/web/manifests/v1`, { method: 'HEAD', headers: { accept: MANIFEST } });
  await body.dump();
  // Blobs, and a HEAD that counts as a pull: what ignore rules are for.
  await expect.poll(() => events(all).map(({ action }) => action)).toContain('pull');
  expect(events(all).some(({ target }) => target.mediaType === 'application/octet-stream')).toBe(true);
  await expect.poll(() => events(some).length).toBe(2);
  for (const { action, target } of events(some)) {
    expect(action).toBe('push');
    expect(target).toMatchObject({ mediaType: MANIFEST, digest, repository: 'shop/web', tag: 'v1' });
  }
  expect(some?.received[0]?.headers).toMatchObject({
    authorization: 'Bearer secret',
    'content-type': 'application/vnd.docker.distribution.events.v2+json',
  });
});
