import { describe, expect, test } from 'vitest';
import {
  container,
  containerOf,
  findingOf,
  groupOf,
  leftTo,
  marathonApp,
  podOf,
  read,
  translate,
} from './marathon-fixtures.ts';

const withDocker = (docker: object, more: object = {}): object =>
  marathonApp({ container: container({ docker: { image: 'shop/web:v7', ...docker } }), ...more });

test('an app with a container, a port and a health check needs no person, and passes the checks of app files', () => {
  const translation = translate(marathonApp());
  expect(leftTo(translation)).toEqual([]);
  expect(translation.version).toBe('v7');
  const [group] = read(translation).groups;
  expect(group).toMatchObject({
    name: 'web',
    environment: 'fat',
    placement: [
      { cluster: 'north-1', az: 'az-1', instances: 2 },
      { cluster: 'north-1', az: 'az-2', instances: 1 },
    ],
    images: { web: 'shop/web' },
    traffic: ['service'],
  });
});

describe('image', () => {
  test.each([
    ['nginx', 'nginx', 'latest'],
    ['shop/web:1.2', 'shop/web', '1.2'],
    ['registry.example.com/shop/web', 'shop/web', 'latest'],
    ['registry:5000/shop/web:v1', 'shop/web', 'v1'],
    ['localhost/shop/web:v1', 'shop/web', 'v1'],
    ['docker-registry/web:v1', 'docker-registry/web', 'v1'],
  ])('%s', (image, repository, version) => {
    const translation = translate(withDocker({ image }));
    expect(groupOf(translation)['images']).toEqual({ web: repository });
    expect(translation.version).toBe(version);
    expect(leftTo(translation)).toEqual([]);
  });

  test('a registry host is left out, and told', () => {
    const { note, to } = findingOf(translate(marathonApp()), 'container.docker.image');
    expect(to).toEqual(['groups[0].images.web']);
    expect(note).toContain("each IDC's own registry must have it, not registry.example.com:5000");
  });

  test.each([`shop/web@sha256:${'0'.repeat(64)}`, 'mesosphere:marathon/latest', 'Shop/Web:v1'])(
    '%s is none that a release could name',
    (image) => {
      const translation = translate(withDocker({ image }));
      expect(leftTo(translation)).toEqual(['container.docker.image: image']);
      expect(translation.version).toBeNull();
      expect(read(translation).groups[0]?.images).toEqual({ web: 'shop/web' });
    },
  );

  test('without an image a person builds one', () => {
    const portMappings = [{ containerPort: 8080, name: 'http' }];
    const translation = translate(marathonApp({ container: { type: 'MESOS', portMappings } }));
    expect(leftTo(translation)).toEqual(['(image): image']);
    expect(read(translation).groups[0]?.images).toEqual({ web: 'shop/web' });
  });

  test('how it is pulled', () => {
    const secrets = { pull: { source: '/pull' } };
    const translation = translate(withDocker({ forcePullImage: true, pullConfig: { secret: 'pull' } }, { secrets }));
    expect(podOf(translation)['imagePullSecrets']).toEqual([{ name: 'shop-web-pull' }]);
    expect(leftTo(translation)).toEqual(['secrets.pull.source: secret']);
    expect(findingOf(translation, 'secrets.pull.source').note).toContain('kubernetes.io/dockerconfigjson');
    expect(findingOf(translation, 'container.docker.forcePullImage').reason).toBe('transship');
    expect(leftTo(translate(withDocker({ credential: { principal: 'me', secret: 'x' } })))).toEqual([
      'container.docker.credential: secret',
    ]);
  });
});

describe('command', () => {
  test('cmd is run by a shell in the place of the entry point; what Kubernetes would replace in it is kept', () => {
    const cmd = 'echo $(date) $$ $PORT0 $$$(id) && exec run';
    const translation = translate(marathonApp({ cmd }));
    expect(containerOf(translation)['command']).toEqual([
      '/bin/sh',
      '-c',
      'echo $$(date) $$$ $PORT0 $$$$$$(id) && exec run',
    ]);
    expect(expanded('echo $$(date) $$$ $PORT0 $$$$$$(id) && exec run')).toBe(cmd);
  });

  /** As kubelets do (k8s.io/kubernetes, third_party/forked/golang/expansion): `$$` is one `$`, `$(NAME)` is looked up. */
  function expanded(text: string): string {
    return text.replace(/\$\$|\$\(([^)]*)\)/g, (found) => (found === '$$' ? '$' : `<${found}>`));
  }

  test('args go to the entry point; without an image they are the command', () => {
    expect(containerOf(translate(marathonApp({ args: ['serve', '--port=80'] })))['args']).toEqual([
      'serve',
      '--port=80',
    ]);
    const bare = translate(marathonApp({ args: ['sleep', '100'], container: container({ docker: {} }) }));
    expect(containerOf(bare)['command']).toEqual(['sleep', '100']);
  });

  test('args win over cmd, as on Marathon', () => {
    const translation = translate(marathonApp({ args: ['serve'], cmd: 'sleep 1' }));
    expect(leftTo(translation)).toEqual(['cmd: command']);
    expect(containerOf(translation)).not.toHaveProperty('command');
  });

  test.each([
    ['cp $MESOS_SANDBOX/x /y', '$MESOS_SANDBOX'],
    ['run --id ${MESOS_TASK_ID} --version $MARATHON_APP_VERSION', '$MESOS_TASK_ID, $MARATHON_APP_VERSION'],
    ['/opt/mesosphere/bin/python -m http.server', '/opt/mesosphere/bin/python'],
  ])('%s: no pod has what it uses', (cmd, told) => {
    const translation = translate(marathonApp({ cmd }));
    expect(leftTo(translation)).toEqual(['cmd: command']);
    expect(findingOf(translation, 'cmd').note).toContain(told);
  });

  test('who it runs as', () => {
    expect(containerOf(translate(marathonApp({ user: 'root', tty: true })))).toMatchObject({
      tty: true,
      securityContext: { runAsUser: 0 },
    });
    expect(containerOf(translate(marathonApp({ user: '1000' })))).toMatchObject({
      securityContext: { runAsUser: 1000 },
    });
    expect(leftTo(translate(marathonApp({ user: 'www', executor: '/opt/executor' })))).toEqual([
      'user: kernel',
      'executor: command',
    ]);
    expect(containerOf(translate(withDocker({ privileged: true })))).toMatchObject({
      securityContext: { privileged: true },
    });
  });
});

test.each([
  ['add-host', 'db:10.0.0.7', { hostAliases: [{ ip: '10.0.0.7', hostnames: ['db'] }] }],
  ['dns', '10.0.0.2', { dnsConfig: { nameservers: ['10.0.0.2'] } }],
  ['dns-search', 'example.com', { dnsConfig: { searches: ['example.com'] } }],
  [
    'sysctl',
    'net.ipv4.tcp_fin_timeout=30',
    { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_fin_timeout', value: '30' }] } },
  ],
])('docker run --%s %s', (key, value, pod) => {
  const translation = translate(withDocker({ parameters: [{ key, value }] }));
  expect(podOf(translation)).toMatchObject(pod);
  expect(leftTo(translation)).toEqual([]);
});

test.each([
  ['cap-add', 'CAP_NET_ADMIN', { securityContext: { capabilities: { add: ['NET_ADMIN'] } } }],
  ['cap-drop', 'all', { securityContext: { capabilities: { drop: ['ALL'] } } }],
  ['read-only', 'true', { securityContext: { readOnlyRootFilesystem: true } }],
  ['user', '33', { securityContext: { runAsUser: 33 } }],
  ['workdir', '/srv', { workingDir: '/srv' }],
])('docker run --%s=%s', (key, value, expected) => {
  const translation = translate(withDocker({ parameters: [{ key, value }] }));
  expect(containerOf(translation)).toMatchObject(expected);
  expect(leftTo(translation)).toEqual([]);
});

test('docker run --env is the environment; options without a counterpart are a person’s', () => {
  const parameters = [
    { key: 'env', value: 'A=b=$(c)' },
    { key: 'log-driver', value: 'syslog' },
    { key: 'user', value: 'www' },
    { key: 'constructor', value: 'x' },
    { key: 'sysctl', value: 'net.core.somaxconn=1024' },
  ];
  const translation = translate(withDocker({ parameters }));
  expect(containerOf(translation)['env']).toContainEqual({ name: 'A', value: 'b=$$(c)' });
  expect(leftTo(translation)).toEqual([1, 2, 3, 4].map((at) => `container.docker.parameters[${at}]: docker`));
});

test('seccomp and shared memory', () => {
  const linuxInfo = { seccomp: { unconfined: true }, ipcInfo: { mode: 'PRIVATE', shmSize: 64 } };
  const translation = translate(marathonApp({ container: container({ linuxInfo }) }));
  expect(podOf(translation)['volumes']).toEqual([
    { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
  ]);
  expect(containerOf(translation)).toMatchObject({
    securityContext: { seccompProfile: { type: 'Unconfined' } },
    volumeMounts: [{ name: 'shared-memory', mountPath: '/dev/shm' }],
  });
  const host = { seccomp: { profileName: 'mine.json', unconfined: false }, ipcInfo: { mode: 'SHARE_PARENT' } };
  expect(leftTo(translate(marathonApp({ container: container({ linuxInfo: host }) })))).toEqual([
    'container.linuxInfo.seccomp.profileName: kernel',
    'container.linuxInfo.ipcInfo.mode: kernel',
  ]);
});
