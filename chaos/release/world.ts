import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';
import { msToTs } from '@temporalio/common/lib/time.js';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { startFleet, type Devfleet, type FleetShape } from '../../devfleet/index.ts';
import { QUICK_MESOS, type MesosClocks } from '../../devfleet/parts/programs.ts';
import { SEARCH } from '../../src/temporal/names.ts';
import { buildBundle } from '../../src/worker/bundle.ts';
import { WORKFLOW_HOOKS } from '../harness/hooked.ts';

/** Two control planes, so that every step that spans them does; two hosts each, so that no host holds a whole set. */
const SHAPE: FleetShape = {
  idcs: { north: { azs: { 'az-1': { hosts: 2 } } }, south: { azs: { 'az-1': { hosts: 2 } } } },
  environments: ['pro'],
};

/** An agent that does not answer is missed after some seconds, as after a minute in production. */
const CLOCKS: MesosClocks = { ...QUICK_MESOS, master: { ...QUICK_MESOS.master, agentPing: 1 } };

/** What all lanes of a fault run stand on. */
export interface World {
  fleet: Devfleet;
  shape: FleetShape;
  /** Workers that can be hit; else they run as an operator would run them. */
  hooked: boolean;
  /** Workflows as the lanes' workers run them. */
  bundle: { code: string; path: string };
  connection: Connection;
}

export async function openWorld(
  resources: AsyncDisposableStack,
  { hooked, shape = SHAPE, note }: { hooked: boolean; shape?: FleetShape; note: (text: string) => void },
): Promise<World> {
  // Histories are replayed here.
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const building = buildBundle(hooked ? [WORKFLOW_HOOKS] : []);
  const fleet = await startFleet({ shape, mesosClocks: CLOCKS, headless: true, onProgress: note });
  resources.defer(() => fleet.stop());
  const { code } = await building;
  const bundle = { code, path: path.join(fleet.dir, 'chaos-workflows.js') };
  await writeFile(bundle.path, code);
  const connection = await Connection.connect({ address: fleet.temporal.address });
  resources.defer(() => connection.close());
  return { fleet, shape, hooked, bundle, connection };
}

/** Stops Temporal, removes its database, and starts it again, empty. */
export async function loseTemporal({ fleet }: World): Promise<void> {
  const temporal = fleet.process('temporal');
  temporal.pause();
  for (const file of await readdir(fleet.dir)) if (file.startsWith('temporal.db')) await rm(path.join(fleet.dir, file));
  await temporal.restart();
}

/** Makes a namespace with Transship's search attributes, and waits until it can be used. */
export async function openNamespace({ connection }: World, namespace: string): Promise<Client> {
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const searchAttributes = Object.fromEntries(
    Object.values(SEARCH).flatMap(({ name, type }) => {
      const value = encodeSearchAttributeIndexedValueType(type);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
      return new Client({ connection, namespace });
    } catch (error) {
      // The server's own cache of namespaces follows after seconds.
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
