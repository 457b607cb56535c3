import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { TransshipError } from '../../../src/domain/errors.ts';
import { parseFleet } from '../../../src/domain/fleet.ts';
import { registriesOf } from '../../../src/domain/registries.ts';
import { FLEET, refusal } from './fixtures.ts';

const withLine = (line: string): string => `${FLEET}${line}\n`;

describe('parseFleet', () => {
  it('fills every default in', () => {
    const fleet = parseFleet(FLEET, {}, 'fleet.yml');
    expect(fleet.environments).toEqual([
      { name: 'fat', namespace: 'fat' },
      { name: 'pro', namespace: 'pro' },
    ]);
    expect(fleet.idcs[0]?.registry).toEqual({
      url: 'http://127.0.0.1:5001',
      host: '127.0.0.1:5001',
      kind: 'distribution',
      concurrency: 32,
    });
    expect(fleet.idcs[0]?.replicas).toEqual([]);
    expect(fleet.links).toEqual([]);
    expect(fleet.idcs.flatMap(({ clusters }) => clusters.map(({ name, azs }) => [name, azs]))).toEqual([
      ['north-1', ['az-1', 'az-2']],
      ['south-1', ['az-1']],
      ['south-2', ['az-1', 'az-3']],
    ]);
    expect(fleet.trafficDrivers).toEqual([{ name: 'service', kind: 'kubernetes-service' }]);
    expect(fleet.limits).toEqual({
      batchPercent: 25,
      maxBatchPercent: 50,
      pauseSeconds: 0,
      drainSeconds: 2,
      gateHours: 24,
      remindHours: 4,
    });
    expect(fleet.api).toEqual({ listen: '127.0.0.1:8080' });
    expect(Object.keys(fleet)).not.toContain('temporalUi');
  });

  it('keeps what is given', () => {
    const text = withLine('limits: { drainSeconds: 0.5 }')
      .replace('- name: pro', '- { name: pro, namespace: production }')
      .replace(
        "{ url: 'http://127.0.0.1:5001' }",
        '{ url: https://registry.north.example.com/, host: registry.north }',
      );
    const fleet = parseFleet(text, {}, 'fleet.yml');
    expect(fleet.environments[1]?.namespace).toBe('production');
    expect(fleet.idcs[0]?.registry.host).toBe('registry.north');
    expect(fleet.limits).toMatchObject({ drainSeconds: 0.5, batchPercent: 25 });
  });

  it('takes clusters on Mesos beside those of Kubernetes, with secrets from the environment', () => {
    const text = FLEET.replace(
      '- { name: south-1, kind: kubernetes, kubeconfig: south.yml, azs: [az-1] }',
      `- name: south-m
        kind: marathon
        urls: ['http://marathon-1:8080', 'https://dcos.example.com/service/marathon']
        basicAuth: { user: transship, password: '\${MARATHON_PASSWORD}' }
        mesos: { urls: ['http://master-1:5050'], authorization: 'token=\${MESOS_TOKEN}' }
        network: routable
        azs: [az-3]`,
    );
    const env = { MARATHON_PASSWORD: 's3cret', MESOS_TOKEN: 't0ken' };
    const [marathon, kubernetes] = parseFleet(text, env, 'fleet.yml').idcs[1]?.clusters ?? [];
    expect(marathon).toEqual({
      name: 'south-m',
      kind: 'marathon',
      urls: ['http://marathon-1:8080', 'https://dcos.example.com/service/marathon'],
      basicAuth: { user: 'transship', password: 's3cret' },
      mesos: { urls: ['http://master-1:5050'], authorization: 'token=t0ken' },
      network: 'routable',
      zoneField: '@zone',
      azs: ['az-3'],
      lostAfterSeconds: 60,
    });
    expect(kubernetes?.kind).toBe('kubernetes');
  });

  it('takes traffic drivers of every kind, with secrets from the environment', () => {
    const text = withLine(`trafficDrivers:
  - { name: service, kind: kubernetes-service }
  - name: edge
    kind: haproxy
    processes:
      - { socket: /run/haproxy/admin.sock, idc: north }
      - { socket: /run/haproxy/admin.sock, idc: south }
      - { socket: 'haproxy-2.example.com:9999', idc: south }
      - { socket: '[fd00::1]:9999' }
  - name: slb
    kind: http
    url: https://slb.{idc}.example.com/api
    headers: { authorization: 'Bearer \${SLB_TOKEN}' }
    drain: { path: '/op/pullOut?ip={address}', body: { of: ['{app}'] } }
    undrain: { method: DELETE, path: /op, ok: [202] }
    isDrained: { path: '/status/{member}', drained: [200, 204], serving: [404] }`);
    const [service, edge, slb] = parseFleet(text, { SLB_TOKEN: 's3cret' }, 'fleet.yml').trafficDrivers;
    expect(service).toEqual({ name: 'service', kind: 'kubernetes-service' });
    expect(edge).toMatchObject({ kind: 'haproxy', backend: '{app}-{group}', server: '{member}' });
    expect(slb).toMatchObject({
      kind: 'http',
      headers: { authorization: 'Bearer s3cret' },
      timeoutSeconds: 10,
      drain: { method: 'POST', body: { of: ['{app}'] } },
      undrain: { method: 'DELETE', ok: [202] },
      isDrained: { method: 'GET', serving: [404] },
    });
  });

  it('takes registries of every kind, replicas and links, with secrets from the environment', () => {
    const text = withLine(`links:
  - { from: north, to: south, bytesPerSecond: 1000, windows: [{ window: '22:00-06:00 UTC', bytesPerSecond: 5000 }] }
  - { from: south, to: north, bytesPerSecond: 2000 }`)
      .replace(
        ":5001' }",
        ":5001', kind: harbor, credential: { user: 'robot$t', password: '${PW}' }, webhookSecret: 'Bearer ${HOOK}' }",
      )
      .replace(
        ":5002' }",
        ":5002', credential: { dockerConfig: /etc/docker.json }, concurrency: 2 }\n    replicas: [{ name: edge, url: 'http://10.0.0.7/' }]",
      );
    const fleet = parseFleet(text, { PW: 's3cret', HOOK: 'h00k' }, 'fleet.yml');
    expect(registriesOf(fleet)).toEqual([
      {
        name: 'north',
        idc: 'north',
        url: 'http://127.0.0.1:5001',
        host: '127.0.0.1:5001',
        kind: 'harbor',
        credential: { user: 'robot$t', password: 's3cret' },
        webhookSecret: 'Bearer h00k',
        concurrency: 32,
      },
      {
        name: 'south',
        idc: 'south',
        url: 'http://127.0.0.1:5002',
        host: '127.0.0.1:5002',
        kind: 'distribution',
        credential: { dockerConfig: '/etc/docker.json' },
        concurrency: 2,
      },
      { name: 'edge', idc: 'south', url: 'http://10.0.0.7/', host: '10.0.0.7', kind: 'distribution', concurrency: 32 },
    ]);
    expect(fleet.links[0]?.windows).toEqual([{ window: '22:00-06:00 UTC', bytesPerSecond: 5000 }]);
    expect(fleet.links[1]).toEqual({ from: 'south', to: 'north', bytesPerSecond: 2000, windows: [] });
  });

  it('never tells the secrets of registries', () => {
    const text = FLEET.replace(
      ":5001' }",
      ":5001', credential: { user: a, password: '${PW}', dockerConfig: '${PW}' }, webhookSecret: '${HOOK}' }",
    );
    const { message, places } = refusal(() => parseFleet(text, { PW: 's3cret', HOOK: 'h00k\n' }, 'fleet.yml'));
    expect(places.map(({ path }) => path)).toEqual([
      'idcs[0].registry.credential.user',
      'idcs[0].registry.credential.password',
      'idcs[0].registry.webhookSecret',
    ]);
    expect(JSON.stringify([message, places])).not.toMatch(/s3cret|h00k/);
  });

  it('takes the registry host from the url as it is written, without the slash at its end', () => {
    const host = (url: string) =>
      parseFleet(FLEET.replace('http://127.0.0.1:5001', url), {}, 'fleet.yml').idcs[0]?.registry.host;
    expect(host('https://registry.example.com/')).toBe('registry.example.com');
    expect(host('http://registry.example.com:80')).toBe('registry.example.com:80');
    expect(host('http://[fd00::1]:5000')).toBe('[fd00::1]:5000');
  });

  it('lets hosts of two IDCs know their own registries by one name', () => {
    const text = FLEET.replace(':5001', ':5001", host: "registry:5000').replace(
      ':5002',
      ':5002", host: "registry:5000',
    );
    const fleet = parseFleet(text.replaceAll("'", '"'), {}, 'fleet.yml');
    expect(fleet.idcs.map(({ registry }) => registry.host)).toEqual(['registry:5000', 'registry:5000']);
  });

  it('fills variables in values', () => {
    const url = (value: string, env: Record<string, string>) =>
      parseFleet(
        FLEET.replace('postgres://transship@127.0.0.1:5432/transship', () => value),
        env,
        'fleet.yml',
      ).catalogue.url;
    expect(url('${URL}', { URL: 'postgres://db/one' })).toBe('postgres://db/one');
    expect(url('postgres://${USER:-me}:${PW}@${HOST:-db}/x', { PW: 's', HOST: '' })).toBe('postgres://me:s@db/x');
    expect(url('postgres://db/x?a=$${b}', {})).toBe('postgres://db/x?a=${b}');
    expect(url('postgres://db/$HOME${EMPTY:-}', { HOME: '/x' })).toBe('postgres://db/$HOME');
  });

  it('reads a variable that stands alone as a number where it is one, and never as more than a value', () => {
    const limits = withLine('limits: { batchPercent: "${PERCENT}", pauseSeconds: "${PAUSE:-1.5}" }');
    expect(parseFleet(limits, { PERCENT: '10' }, 'fleet.yml').limits).toMatchObject({
      batchPercent: 10,
      pauseSeconds: 1.5,
    });
    const injected = refusal(() => parseFleet(limits, { PERCENT: '1 }\nfleet: x' }, 'fleet.yml'));
    expect(injected.places.map(({ path }) => path)).toEqual(['limits.batchPercent']);
  });

  it('never tells the value of a variable', () => {
    const text = FLEET.replace('postgres://transship@127.0.0.1:5432/transship', '${URL}').replace(
      'http://127.0.0.1:5001',
      '${REGISTRY}',
    );
    const { message, places } = refusal(() =>
      parseFleet(text, { URL: 'mysql://me:secret@db', REGISTRY: 'https://me:secret@registry' }, 'fleet.yml'),
    );
    expect(places).toHaveLength(2);
    expect(JSON.stringify([message, places])).not.toContain('secret');
  });

  it('names the file, the line and the column', () => {
    const text = FLEET.replace('second, azs: [az-1, az-3]', 'second, azs: [az-1, az-9]').replace(
      '- name: fat',
      '- nam: fat',
    );
    const { message, places } = refusal(() => parseFleet(text, {}, 'my/fleet.yml'));
    expect(places.map(({ path, line, column }) => [path, line, column])).toEqual([
      ['environments[0].name', 4, 5],
      ['environments[0].nam', 4, 5],
      ['idcs[1].clusters[1].azs[1]', 17, (text.split('\n')[16]?.indexOf('az-9') ?? 0) + 1],
    ]);
    expect(message).toBe('my/fleet.yml: environments[0].name is missing: a text, and 2 more');
  });

  it('reads the example', async () => {
    const text = await readFile('fleet.example.yml', 'utf8');
    const fleet = parseFleet(text, {}, 'fleet.example.yml');
    expect(fleet.idcs.map(({ name }) => name)).toEqual(['north', 'south']);
    // What the example gives as defaults are the defaults.
    const given = parse(text) as Record<string, unknown>;
    const without = Object.fromEntries(
      Object.entries(given).filter(([key]) => !['limits', 'trafficDrivers', 'api'].includes(key)),
    );
    expect(parseFleet(stringify(without), {}, 'fleet.yml')).toEqual(fleet);
  });

  it('refuses any other document with places, and fails in no other way', () => {
    const read = (text: string): void => {
      try {
        parseFleet(text, {}, 'fleet.yml');
      } catch (error) {
        if (!(error instanceof TransshipError)) throw error;
        expect(error.code).toBe('FLEET_INVALID');
        expect(error.places).not.toEqual([]);
      }
    };
    fc.assert(fc.property(fc.jsonValue(), (value) => read(stringify(value))));
    fc.assert(fc.property(fc.string(), read));
    fc.assert(
      fc.property(fc.nat(FLEET.length), fc.nat(20), fc.string({ maxLength: 6 }), (start, length, put) =>
        read(FLEET.slice(0, start) + put + FLEET.slice(start + length)),
      ),
    );
  });
});
