import { describe, expect, test } from 'vitest';
import { container, containerOf, findingOf, leftTo, marathonApp, podOf, read, translate } from './marathon-fixtures.ts';

const withVolumes = (volumes: object[], more: object = {}): object =>
  marathonApp({ container: container({ volumes }), ...more });

describe('volumes', () => {
  test('what is read from the host is mounted; what was written there is a person’s', () => {
    const translation = translate(
      withVolumes([
        { containerPath: '/etc/x', hostPath: '/etc/y', mode: 'RO' },
        { containerPath: '/data', hostPath: '/hdd', mode: 'RW' },
        { containerPath: '/var/run/docker.sock', hostPath: '/var/run/docker.sock', mode: 'RO' },
      ]),
    );
    expect(podOf(translation)['volumes']).toEqual([
      { name: 'volume-0', hostPath: { path: '/etc/y' } },
      { name: 'volume-1', hostPath: { path: '/hdd' } },
      { name: 'volume-2', hostPath: { path: '/var/run/docker.sock' } },
    ]);
    expect(containerOf(translation)['volumeMounts']).toEqual([
      { name: 'volume-0', mountPath: '/etc/x', readOnly: true },
      { name: 'volume-1', mountPath: '/data' },
      { name: 'volume-2', mountPath: '/var/run/docker.sock', readOnly: true },
    ]);
    expect(leftTo(translation)).toEqual([1, 2].map((at) => `container.volumes[${at}].hostPath: storage`));
  });

  test('persistent ones, those of a driver, and paths of the sandbox are a person’s', () => {
    const translation = translate(
      withVolumes([
        { containerPath: 'data', mode: 'RW', persistent: { size: 100, type: 'root', constraints: [] } },
        {
          containerPath: '/x',
          mode: 'RW',
          external: { name: 'v', provider: 'dvdi', options: { 'dvdi/driver': 'rexray' } },
        },
        { containerPath: '/opt/x.py', hostPath: 'x.py', mode: 'RO' },
        { containerPath: 'x', hostPath: '/etc/x', mode: 'RO' },
      ]),
    );
    expect(leftTo(translation)).toEqual([
      'container.volumes[0]: storage',
      'container.volumes[0].persistent: storage',
      'container.volumes[1]: storage',
      'container.volumes[1].external: storage',
      'container.volumes[2]: storage',
      'container.volumes[3]: storage',
    ]);
    expect(podOf(translation)).not.toHaveProperty('volumes');
  });

  test('what is no volume is a person’s', () => {
    expect(leftTo(translate(withVolumes([{ containerPath: '/x' }, { hostPath: '/x', mode: 'RX' }])))).toEqual([
      'container.volumes[0].containerPath: malformed',
      'container.volumes[1].hostPath: malformed',
      'container.volumes[1].mode: malformed',
    ]);
  });
});

describe('secrets', () => {
  const secrets = { db: { source: '/db/password' }, Key_File: { source: '/key' }, spare: { source: '/spare' } };

  test('are Secrets, which a person makes once for each', () => {
    const volumes = [
      { containerPath: '/run/key', secret: 'Key_File' },
      { containerPath: 'key', secret: 'db', mode: 'RO' },
    ];
    const translation = translate(withVolumes(volumes, { secrets, env: { PASSWORD: { secret: 'db' } } }));
    expect(containerOf(translation)['env']).toContainEqual({
      name: 'PASSWORD',
      valueFrom: { secretKeyRef: { name: 'shop-web-db', key: 'value' } },
    });
    expect(podOf(translation)['volumes']).toEqual([{ name: 'volume-0', secret: { secretName: 'shop-web-key-file' } }]);
    expect(containerOf(translation)['volumeMounts']).toEqual([
      { name: 'volume-0', mountPath: '/run/key', subPath: 'value', readOnly: true },
    ]);
    expect(leftTo(translation)).toEqual([
      'container.volumes[1]: storage',
      'secrets.db.source: secret',
      'secrets.Key_File.source: secret',
    ]);
    expect(findingOf(translation, 'secrets.db.source').note).toContain(
      "make the Secret shop-web-db in the environment's namespace, with what /db/password holds, under the key value",
    );
    expect(findingOf(translation, 'secrets.spare.source').reason).toBe('ignored');
  });

  test('that the app does not declare are told where they are used', () => {
    const translation = translate(
      withVolumes([{ containerPath: '/k', secret: 'k' }], { env: { P: { secret: '/db' } } }),
    );
    expect(leftTo(translation)).toEqual(['container.volumes[0].secret: secret', 'env.P.secret: secret']);
  });
});

test('the environment: the app’s own wins over what Marathon adds, and is taken literally', () => {
  const env = {
    HOST: '0.0.0.0',
    PORT0: 80,
    DEBUG: true,
    ROOT: '$(pwd)/$HOME',
    'my.key-1': 'x',
    'a=b': 'c',
    '': 'd',
    NULL: null,
  };
  const translation = translate(marathonApp({ env }));
  const written = containerOf(translation)['env'] as { name: string; value?: string }[];
  expect(new Set(written.map(({ name }) => name)).size).toBe(written.length);
  expect(Object.fromEntries(written.map(({ name, value }) => [name, value]))).toMatchObject({
    HOST: '0.0.0.0',
    PORT0: '80',
    DEBUG: 'true',
    ROOT: '$$(pwd)/$HOME',
    'my.key-1': 'x',
  });
  expect(leftTo(translation)).toEqual(['env["a=b"]: name', 'env[""]: name']);
  expect(findingOf(translation, 'env.NULL').reason).toBe('empty');
});

test('nothing fetches files for a pod', () => {
  const fetch = [
    { uri: 'http://x/a.py' },
    { uri: 'file:///etc/docker.tar.gz', extract: true, executable: false, cache: true, destPath: 'd' },
  ];
  const translation = translate(marathonApp({ fetch, uris: [] }));
  expect(leftTo(translation)).toEqual(['fetch[0]: download', 'fetch[1]: download']);
  expect(findingOf(translation, 'fetch[1]').note).toContain('imagePullSecrets');
  expect(leftTo(translate(marathonApp({ uris: ['http://x/.dockercfg', 'http://x/a.zip'] })))).toEqual([
    'uris[0]: download',
    'uris[1]: download',
  ]);
});

test('labels are labels of the pods, or annotations where they do not fit', () => {
  const labels = { tier: 'front', note: 'Away from olympus', 'example.com/x': 'y', empty: '' };
  const translation = translate(marathonApp({ labels }));
  expect(read(translation).groups[0]?.template.metadata).toEqual({
    labels: { tier: 'front', 'example.com/x': 'y', empty: '' },
    annotations: { note: 'Away from olympus' },
  });
});

test('labels of who answers, where, and what it is', () => {
  const app = marathonApp({
    labels: { team: 'olympus', owner: 'zeus', environment: 'pro', description: 'The web shop' },
  });
  const translation = translate(app, { environment: undefined });
  expect(translation.definition).toMatchObject({
    owner: 'zeus',
    description: 'The web shop',
    groups: [{ environment: 'pro', template: { metadata: { labels: { team: 'olympus', owner: 'zeus' } } } }],
  });
  expect(findingOf(translation, 'labels.owner').to).toEqual(['groups[0].template.metadata.labels.owner', 'owner']);
  expect(translate(app, { owner: 'hera' }).definition).toMatchObject({
    owner: 'hera',
    groups: [{ environment: 'fat' }],
  });
  expect(leftTo(translate(marathonApp(), { environment: undefined }))).toEqual(['(environment): environment']);
});

test('labels that routers read, and those that are nobody’s to set, are a person’s', () => {
  const labels = {
    HAPROXY_GROUP: 'external',
    'traefik.enable': 'true',
    VIP_0: '/x:80',
    DCOS_SERVICE_NAME: 'x',
    MARATHON_SINGLE_INSTANCE_APP: 'true',
    'transship.dev/app': 'x',
    'pod-template-hash': 'x',
    'two words': 'x',
    '-': 'x',
  };
  const translation = translate(marathonApp({ labels }));
  expect(leftTo(translation)).toEqual([
    'labels.HAPROXY_GROUP: traffic',
    'labels["traefik.enable"]: traffic',
    'labels.VIP_0: traffic',
    'labels.DCOS_SERVICE_NAME: traffic',
    'labels["transship.dev/app"]: name',
    'labels["pod-template-hash"]: name',
    'labels["two words"]: name',
    'labels["-"]: name',
  ]);
  expect(findingOf(translation, 'labels.MARATHON_SINGLE_INSTANCE_APP').reason).toBe('transship');
});
