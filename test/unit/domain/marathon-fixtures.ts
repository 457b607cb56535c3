import { expect } from 'vitest';
import { parseApp, type AppDefinition } from '../../../src/domain/app.ts';
import { appText } from '../../../src/domain/marathon/app-text.ts';
import type { ImportOptions } from '../../../src/domain/marathon/job.ts';
import type { Finding } from '../../../src/domain/marathon/ledger.ts';
import { translateApp, type Translation } from '../../../src/domain/marathon/translate.ts';
import { fleet } from './fixtures.ts';

/** In the fleet of the other fixtures. */
export const OPTIONS: ImportOptions = {
  environment: 'fat',
  places: [
    { cluster: 'north-1', az: 'az-1' },
    { cluster: 'north-1', az: 'az-2' },
  ],
  nodeLabels: {},
};

/** An app of which nothing needs a person, with parts of it replaced, or left out (undefined). */
export function marathonApp(change: object = {}): object {
  const app = {
    id: '/shop/web',
    instances: 3,
    cpus: 0.5,
    mem: 256,
    networks: [{ mode: 'container/bridge' }],
    container: {
      type: 'DOCKER',
      docker: { image: 'registry.example.com:5000/shop/web:v7' },
      portMappings: [{ containerPort: 8080, name: 'http' }],
    },
    healthChecks: [{ protocol: 'MESOS_HTTP', path: '/health', portIndex: 0 }],
    ...change,
  };
  return JSON.parse(JSON.stringify(app)) as object;
}

/** The container of that app, with parts of it replaced. */
export function container(change: object = {}): object {
  const { container: usual } = marathonApp() as { container: object };
  return { ...usual, ...change };
}

/** Translates an app, and checks what holds for every one: all is accounted for, and what is said of the app file is there. */
export function translate(app: object, options: Partial<ImportOptions> = {}): Translation {
  const { id = '/shop/web' } = app as { id?: string };
  const translation = translateApp(app, id, { ...OPTIONS, ...options }, null);
  expectAccounted(app, translation);
  return translation;
}

/** Every leaf of the input belongs to one finding, and to one only; every path of the app file that findings name is there. */
export function expectAccounted(input: unknown, { definition, findings }: Translation): void {
  expect(findings.flatMap(({ covers }) => covers).sort()).toEqual(leaves(input, '').sort());
  const absent = findings.flatMap(({ to }) => to).filter((path) => valueAt(definition, path) === undefined);
  expect(absent).toEqual([]);
}

/** Paths of everything that has nothing beneath it. A walk of its own: what is tested must not say what is to be found. */
function leaves(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Array.isArray(value)
    ? value.flatMap((item, index) => leaves(item, `${path}[${index}]`))
    : Object.entries(value).flatMap(([key, part]) => leaves(part, joined(path, key)));
  return inner.length === 0 ? [path] : inner;
}

function joined(path: string, key: string): string {
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** What stands at a path as findings write it: `groups[0].images["side-car"]`. */
export function valueAt(value: unknown, path: string): unknown {
  const keys = [...path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([A-Za-z_]\w*)/g)].map(([, index, quoted, word]) =>
    index === undefined ? (quoted === undefined ? (word ?? '') : (JSON.parse(quoted) as string)) : Number(index),
  );
  return keys.reduce<unknown>((part, key) => (part as Record<string | number, unknown> | undefined)?.[key], value);
}

/** The finding about a field. */
export function findingOf({ findings }: Translation, field: string): Finding {
  const found = findings.find((finding) => finding.field === field);
  if (found === undefined) throw new Error(`nothing is told of ${field}`);
  return found;
}

/** What needs a person, in short: `field: reason`. */
export function leftTo({ findings }: Translation): string[] {
  return findings.flatMap(({ field, outcome, reason }) =>
    outcome === 'needs a person' ? [`${field}: ${reason}`] : [],
  );
}

/** The one group of the app file, as it is written. */
export function groupOf({ definition }: Translation): Record<string, unknown> & { template: { spec: object } } {
  return definition.groups[0] as unknown as Record<string, unknown> & { template: { spec: object } };
}

export function podOf(translation: Translation): Record<string, unknown> {
  return groupOf(translation).template.spec as Record<string, unknown>;
}

export function containerOf(translation: Translation): Record<string, unknown> {
  const [first] = podOf(translation)['containers'] as Record<string, unknown>[];
  return first ?? {};
}

/** The app file as a release would read it. */
export function read(translation: Translation): AppDefinition {
  return parseApp(appText(translation), fleet, translation.id);
}
