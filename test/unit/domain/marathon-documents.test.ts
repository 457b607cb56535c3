import { describe, expect, test } from 'vitest';
import { parseApp } from '../../../src/domain/app.ts';
import { appText } from '../../../src/domain/marathon/app-text.ts';
import { importApps } from '../../../src/domain/marathon/documents.ts';
import { nameOf } from '../../../src/domain/marathon/name.ts';
import { totalsOf } from '../../../src/domain/marathon/totals.ts';
import { fleet } from './fixtures.ts';
import { marathonApp, OPTIONS } from './marathon-fixtures.ts';

const app = (id: string): object => marathonApp({ id });
const idsOf = (...documents: unknown[]): string[] => importApps(documents, OPTIONS).apps.map(({ id }) => id);

describe('shapes of a document', () => {
  test.each<[string, unknown, string[]]>([
    ['an app', app('/a'), ['/a']],
    ['a list', [app('/a'), app('b')], ['/a', '/b']],
    ['what GET /v2/apps/a answers', { app: app('/a') }, ['/a']],
    ['what GET /v2/apps answers', { apps: [app('/a'), app('/b')] }, ['/a', '/b']],
    ['what GET /v2/apps/a/* answers', { '*': [app('/a/b')] }, ['/a/b']],
    ['a group', { id: '/a', apps: [app('/a/x')], groups: [{ id: '/a/b', apps: [app('/a/b/y')] }] }, ['/a/x', '/a/b/y']],
    [
      'a group with ids that are relative',
      { id: 'a', groups: [{ id: 'b', apps: [app('x'), app('../y')] }] },
      ['/a/b/x', '/a/y'],
    ],
    ['nothing', { apps: [] }, []],
  ])('%s', (_what, document, ids) => expect(idsOf(document)).toEqual(ids));

  test('several documents', () => expect(idsOf(app('/a'), [app('/b')])).toEqual(['/a', '/b']));
});

test('what a group says itself is told of, too', () => {
  const group = { id: '/a', apps: [app('/a/x')], dependencies: ['/db'], version: 'v', enforceRole: true, extra: 1 };
  const { beside } = importApps(
    [{ groups: [group, { id: '/b', groups: [], dependencies: [], enforceRole: false }] }],
    OPTIONS,
  );
  expect(beside.map(({ at, id }) => [at, id])).toEqual([
    ['groups[0]', '/a'],
    ['groups[1]', '/b'],
  ]);
  const told = beside.map(({ findings }) => findings.map(({ field, reason }) => `${field}: ${reason}`));
  expect(told).toEqual([
    ['id: transship', 'dependencies[0]: order', 'version: state', 'enforceRole: hosts', 'extra: unknown'],
    ['id: transship', 'dependencies: empty', 'enforceRole: default'],
  ]);
});

test('pods are told of as such, and so is what is no app', () => {
  const pod = { id: '/pod', containers: [{ name: 'c' }] };
  const { apps, beside } = importApps([[pod, { cmd: 'sleep 1' }, 7], { id: '/a', pods: [pod] }], OPTIONS);
  expect(apps).toEqual([]);
  expect(beside.map(({ at, id, findings }) => [at, id, findings[0]?.reason])).toEqual([
    ['[0]', '/pod', 'pod'],
    ['[1]', null, 'unknown'],
    ['[2]', null, 'unknown'],
    ['pods[0]', '/pod', 'pod'],
    ['', '/a', 'transship'],
  ]);
});

describe('names', () => {
  test.each([
    ['/shop/web', 'shop-web', 'web'],
    ['/web', 'web', 'web'],
    ['/shop/web.v2', 'shop-web-v2', 'web-v2'],
    ['/a-very-long-folder/with-an-app-in-it', 'a-very-long-folder-with-an-app-in-it', 'main'],
    ['/shop/2048', 'shop-2048', 'main'],
  ])('%s is app %s, group %s', (id, name, group) =>
    expect(nameOf(id, OPTIONS.places)).toEqual({ app: name, group, trouble: null }),
  );

  test.each(['/2048', '/an-id-that-has/far-more/than-the-forty-characters/of-a-name', '/Shop/Web', '/', '/---'])(
    '%s is cut to a name that fits, and is a person’s to choose',
    (id) => {
      const { apps } = importApps([app(id)], OPTIONS);
      const [translation] = apps;
      expect(translation?.findings.filter(({ reason }) => reason === 'name').map(({ field }) => field)).toEqual(['id']);
      if (translation === undefined) throw new Error('no app');
      expect(parseApp(appText(translation), fleet, id).app).toMatch(/^[a-z]/);
    },
  );

  test('two apps that come to one name are a person’s to name', () => {
    const { apps } = importApps([app('/a/b-c')], OPTIONS);
    expect(apps[0]?.findings.find(({ field }) => field === 'id')?.outcome).toBe('translated');
    const both = importApps([[app('/a/b-c'), app('/a-b/c')]], OPTIONS).apps;
    expect(both.map(({ findings }) => findings.find(({ field }) => field === 'id')?.note)).toEqual([
      '',
      '/a/b-c comes to the same name: choose another',
    ]);
  });
});

test('totals count apps and fields, by reason', () => {
  const totals = totalsOf(
    importApps([[app('/a'), marathonApp({ id: '/b', dependencies: ['/a', '/c'], tty: false })]], OPTIONS),
  );
  expect(totals).toMatchObject({ apps: 2, translated: 1, fields: { 'needs a person': 2 } });
  expect(totals.reasons).toContainEqual({ outcome: 'needs a person', reason: 'order', fields: 2, apps: 1 });
  expect(totals.reasons.map(({ outcome }) => outcome)).toEqual(
    totals.reasons.map(({ outcome }) => outcome).sort((a, b) => rank(a) - rank(b)),
  );
  const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0);
  expect(sum(totals.reasons.map(({ fields }) => fields))).toBe(sum(Object.values(totals.fields)));
});

const rank = (outcome: string): number => ['translated', 'not needed', 'needs a person'].indexOf(outcome);

test('the app file says where it is from, what to release, and what a person has to do', () => {
  const [translation] = importApps([marathonApp({ dependencies: ['/db'] })], OPTIONS).apps;
  if (translation === undefined) throw new Error('no app');
  expect(appText(translation)).toMatch(
    /^# From the Marathon app \/shop\/web\.\n# Its version there: v7\.\n# Needs a person:\n# {3}dependencies\[0\]: .*\n\napp: shop-web\n/,
  );
});
