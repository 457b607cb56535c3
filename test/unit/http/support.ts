import { Client, Connection } from '@temporalio/client';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { openCatalogue } from '../../../src/catalogue/index.ts';
import type { Catalogue } from '../../../src/catalogue/types.ts';
import { parseFleet } from '../../../src/domain/fleet.ts';
import { trustCaller } from '../../../src/http/actor.ts';
import { buildApp } from '../../../src/http/app.ts';
import type { TemporalLink } from '../../../src/http/temporal/link.ts';
import { query, startPostgres, type TestPostgres } from '../../support/postgres.ts';

export const FLEET = parseFleet(
  `
fleet: test
environments: [{ name: fat }, { name: pro, namespace: production }]
idcs:
  - name: north
    azs: [az-1, az-2]
    registry:
      url: http://127.0.0.1:5000
      kind: harbor
      credential: { user: robot, password: secret }
      webhookSecret: Bearer secret
    replicas:
      - { name: edge, url: 'http://127.0.0.1:5001', credential: { dockerConfig: /secret/docker.json } }
      - { name: far, url: 'http://127.0.0.1:5002' }
    clusters:
      - { name: north-1, kind: kubernetes, kubeconfig: /secret/path }
      - { name: north-m, kind: marathon, urls: ['http://127.0.0.1:1'], network: secret, azs: [az-2] }
trafficDrivers:
  - { name: service, kind: kubernetes-service }
  - name: slb
    kind: http
    url: http://127.0.0.1:1
    headers: { authorization: Bearer secret }
    drain: { path: /out }
    undrain: { path: /in }
    isDrained: { path: /is }
limits: { maxBatchPercent: 40 }
catalogue: { url: postgres://user:secret@127.0.0.1:1/none }
temporalUi: http://127.0.0.1:8233/
`,
  {},
  'fleet.yml',
);

/** An app file with groups web in fat and pro. */
export function shopFile(
  change: { app?: string; instances?: number; timeoutSeconds?: number; place?: string; pod?: string } = {},
): string {
  const { app = 'shop', instances = 2, timeoutSeconds = 60, place = 'cluster: north-1, az: az-1', pod = '' } = change;
  const group = (environment: string): string => `
  - name: web
    environment: ${environment}
    placement: [{ ${place}, instances: ${instances} }]
    images: { web: shop/web }
    health: { port: 8080, timeoutSeconds: ${timeoutSeconds} }
    ports: [{ name: http, port: 80, targetPort: 8080 }]
    template: { spec: { containers: [{ name: web, ports: [{ containerPort: 8080 }] }]${pod} } }`;
  return `app: ${app}\ngroups:${group('fat')}${group('pro')}\n`;
}

/** A link to a port where nothing listens: Temporal is away. */
export function linkToNothing(): TemporalLink {
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  const namespace = 'transship';
  return { client: new Client({ connection, namespace }), namespace, address: '127.0.0.1:1' };
}

export interface TestApi {
  app: FastifyInstance;
  catalogue: Catalogue;
  postgres: TestPostgres;
  /** @param app default: shop */
  put(file: string, query?: string, app?: string): Promise<LightMyRequestResponse>;
  /** Rows per table, all tables. */
  counts(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

/** The API on a real catalogue, with Temporal away unless a link is given. */
export async function startTestApi(temporal: TemporalLink = linkToNothing()): Promise<TestApi> {
  const postgres = await startPostgres();
  const url = await postgres.database('catalogue');
  const catalogue = await openCatalogue(url);
  const logger = pino({ level: 'silent' });
  const context = { fleet: FLEET, catalogue, temporal, log: logger };
  const app = await buildApp({ context, logger, authenticate: trustCaller, authenticated: false });
  return {
    app,
    catalogue,
    postgres,
    put: async (file, search = '', name = 'shop') =>
      app.inject({
        method: 'PUT',
        url: `/v1/apps/${name}${search}`,
        headers: { 'content-type': 'application/yaml', 'x-transship-actor': 'li' },
        payload: file,
      }),
    async counts() {
      const tables = await query<{ name: string }>(
        url,
        `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`,
      );
      const each = tables.map(({ name }) => `SELECT '${name}' AS name, count(*)::int AS rows FROM "${name}"`);
      const rows = await query<{ name: string; rows: number }>(url, each.join(' UNION ALL '));
      return Object.fromEntries(rows.map(({ name, rows: count }) => [name, count]));
    },
    async close() {
      await app.close();
      await catalogue.close();
      await postgres.dispose();
    },
  };
}
