import { describe, expect, test } from 'vitest';
import { appSchema, parseApp } from '../../../src/domain/app.ts';
import { appText } from '../../../src/domain/marathon/app-text.ts';
import { importApps } from '../../../src/domain/marathon/documents.ts';
import { fleet } from './fixtures.ts';
import { recorded } from './marathon-corpus.ts';
import { expectAccounted, leftTo, OPTIONS } from './marathon-fixtures.ts';

/** Apps of a document as it holds them, in the order in which they are found. */
function appsIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => appsIn(item));
  const { apps, groups, containers } = value as Record<string, unknown>;
  if (apps !== undefined || groups !== undefined) return [...appsIn(apps ?? []), ...appsIn(groups ?? [])];
  return containers === undefined ? [value] : [];
}

describe.each(recorded())('$name', ({ document }) => {
  const { apps } = importApps([document], OPTIONS);

  test('every field of every app is accounted for', () => {
    const inputs = appsIn(document);
    expect(apps).toHaveLength(inputs.length);
    apps.forEach((translation, at) => {
      expectAccounted(inputs[at], translation);
    });
  });

  test('no field is one that nothing is known of, but those that Marathon does not know either', () => {
    const strange = apps.flatMap(({ findings }) => findings.filter(({ reason }) => reason === 'unknown'));
    // Written where Marathon does not look for them.
    const slips = ['container.docker.forcePull', 'container.docker.requirePorts'];
    expect(strange.map(({ field }) => field).filter((field) => !slips.includes(field))).toEqual([]);
  });

  test('every app file is one, and passes all checks', () => {
    for (const translation of apps) {
      expect(appSchema.safeParse(translation.definition).success).toBe(true);
      expect(parseApp(appText(translation), fleet, translation.id).app).toBe(translation.definition.app);
    }
  });
});

test.each<[string, string[]]>([
  ['docker-http-server.json', ['(health): health']],
  ['ipv6-healthcheck.json', ['healthChecks[0].ipProtocol: network']],
  [
    'private-ucr-docker-app.json',
    [
      'container.docker.forcePull: unknown',
      'secrets.pullConfigSecret.source: secret',
      '(networks): network',
      '(ports): port',
      '(health): health',
    ],
  ],
  ['pinger-container-app.json', ['cmd: command', 'fetch[0]: download', '(image): image', '(health): health']],
  ['readiness-and-health-app.json', ['cmd: command', '(image): image', '(networks): network']],
  ['resident-docker-app.json', ['container.volumes[0]: storage', 'container.volumes[0].persistent: storage']],
  [
    'real-2-of-100-apps.json',
    [
      'constraints[0]: hosts',
      'constraints[1]: hosts',
      'instances: instances',
      'networks[0].mode: network',
      '(health): health',
    ],
  ],
])('%s: what is left to a person', (name, left) => {
  const found = recorded().find((one) => one.name === `marathon/${name}`);
  const [first] = importApps([found?.document], OPTIONS).apps;
  expect(first === undefined ? [] : leftTo(first)).toEqual(left);
});
