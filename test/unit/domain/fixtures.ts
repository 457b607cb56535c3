import { stringify } from 'yaml';
import { parseApp } from '../../../src/domain/app.ts';
import type { AppDefinition } from '../../../src/domain/app.ts';
import { type ErrorPlace, TransshipError } from '../../../src/domain/errors.ts';
import { type Fleet, parseFleet } from '../../../src/domain/fleet.ts';

/** A fleet file that is right: two IDCs, three clusters, AZ `az-1` in both IDCs. */
export const FLEET = `
fleet: demo
environments:
  - name: fat
  - name: pro
idcs:
  - name: north
    azs: [az-1, az-2]
    registry: { url: 'http://127.0.0.1:5001' }
    clusters:
      - { name: north-1, kind: kubernetes, kubeconfig: north.yml }
  - name: south
    azs: [az-1, az-3]
    registry: { url: 'http://127.0.0.1:5002' }
    clusters:
      - { name: south-1, kind: kubernetes, kubeconfig: south.yml, azs: [az-1] }
      - { name: south-2, kind: kubernetes, kubeconfig: south.yml, context: second, azs: [az-1, az-3] }
catalogue: { url: 'postgres://transship@127.0.0.1:5432/transship' }
`;

export const fleet: Fleet = parseFleet(FLEET, {}, 'fleet.yml');

/** A group that is right, with parts of it replaced. */
export function group(change: object = {}): object {
  return {
    name: 'web',
    environment: 'fat',
    placement: [
      { cluster: 'north-1', az: 'az-1', instances: 2 },
      { cluster: 'north-1', az: 'az-2', instances: 1 },
    ],
    images: { web: 'shop/web' },
    health: { port: 8080 },
    ports: [{ name: 'http', port: 80, targetPort: 8080 }],
    template: template(),
    ...change,
  };
}

export function template(spec: object = {}, metadata?: object): object {
  const containers = [{ name: 'web', ports: [{ containerPort: 8080 }] }];
  return { ...(metadata === undefined ? {} : { metadata }), spec: { containers, ...spec } };
}

/** Text of an app file with these groups. */
export function appText(groups: object[] = [group()], rest: object = {}): string {
  return stringify({ app: 'shop', ...rest, groups });
}

export const app = (...groups: object[]): AppDefinition =>
  parseApp(appText(groups.length === 0 ? [group()] : groups), fleet, 'app.yml');

/** The refusal of a file: its code and its places. */
export function refusal(read: () => unknown): { code: string; message: string; places: ErrorPlace[] } {
  try {
    read();
  } catch (error) {
    if (error instanceof TransshipError) return { code: error.code, message: error.message, places: error.places };
    throw error;
  }
  throw new Error('it was accepted');
}

/** A place as the tables write it: `path: message (hint)`. */
export function said({ path, message, hint }: ErrorPlace): string {
  return `${path}: ${message}${hint === undefined ? '' : ` (${hint})`}`;
}
