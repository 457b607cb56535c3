// How the fleet file's clusters become drivers: those on Mesos; Kubernetes ones are opened for real by the fleet tests.
import { expect, test } from 'vitest';
import { parseFleet } from '../../src/domain/fleet.ts';
import { idcDrivers } from '../../src/worker/drivers.ts';
import { startSmallServer } from '../support/small-server.ts';
import { FLEET } from './domain/fixtures.ts';

const NORTH = '- { name: north-1, kind: kubernetes, kubeconfig: north.yml }';
const set = { idc: 'north', az: 'az-1', cluster: 'north-m', namespace: 'pro', name: 'shop-web-az-1' };

test.each([
  ['basicAuth: { user: me, password: "${SECRET}" }', `Basic ${Buffer.from('me:s3cret').toString('base64')}`],
  ["authorization: 'token=${SECRET}'", 'token=s3cret'],
  ['lostAfterSeconds: 30', undefined],
])('a cluster on Mesos with %s', async (credential, header) => {
  const server = await startSmallServer(() => [200, { apps: [] }]);
  const cluster = `- { name: north-m, kind: marathon, urls: ['${server.url}'], network: routable, ${credential} }`;
  const fleet = parseFleet(FLEET.replace(NORTH, cluster), { SECRET: 's3cret' }, 'fleet.yml');
  const drivers = idcDrivers(fleet, 'north');
  expect(await drivers.azSets('north-m').observe([set])).toEqual([null]);
  expect(await drivers.traffic('north-m').serving([set])).toEqual(new Set());
  expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([header, header]);
  expect(drivers.clusters).toEqual([]);
  expect(() => drivers.azSets('north-1')).toThrow('IDC north has no cluster "north-1"');
  await server.stop();
});
