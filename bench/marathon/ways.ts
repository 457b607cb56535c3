import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import type { Devfleet } from '../../devfleet/index.ts';
import { openHttpLink, type HttpCall, type HttpLink } from '../../test/support/http-link.ts';

/** Fields of the fleet file that say where a Marathon and its masters are. */
interface FleetFile {
  idcs: { clusters: ({ kind: 'kubernetes' } | { kind: 'marathon'; urls: string[]; mesos: { urls: string[] } })[] }[];
}

/** What went over the ways. A stream of events counts when it is opened. */
export interface Calls {
  marathonReads: number;
  /** Each starts a deployment, but an end without scale. */
  marathonWrites: number;
  /** Reads, all of them. */
  mesos: number;
  /** Of the writes those that took a record away, as each that is written does with the one before it. */
  records: number;
  /** By method and path, ids left out. */
  by: Record<string, number>;
}

/** The ways to the Marathon and the Mesos masters of a fleet that runs one of each, over which calls are counted. */
export class CountedWays {
  /** Environment by which a worker takes these ways. */
  readonly env: Record<string, string>;
  readonly marathonUrls: string[];
  readonly #marathon: HttpLink[];
  readonly #mesos: HttpLink[];

  private constructor(fleetFile: string, marathon: HttpLink[], mesos: HttpLink[]) {
    this.env = { TRANSSHIP_FLEET: fleetFile };
    this.#marathon = marathon;
    this.#mesos = mesos;
    this.marathonUrls = marathon.map(urlOf);
  }

  static async open({ fleetFile, dir }: Devfleet): Promise<CountedWays> {
    const file = parse(await readFile(fleetFile, 'utf8')) as FleetFile;
    const cluster = file.idcs.flatMap(({ clusters }) => clusters).find(({ kind }) => kind === 'marathon');
    if (cluster?.kind !== 'marathon') throw new Error('the fleet has no Marathon');
    const links = (urls: string[]): Promise<HttpLink[]> =>
      Promise.all(urls.map((url) => openHttpLink(new URL(url), { mutates: ({ method }) => method !== 'GET' })));
    const [marathon, mesos] = [await links(cluster.urls), await links(cluster.mesos.urls)];
    cluster.urls = marathon.map(urlOf);
    cluster.mesos.urls = mesos.map(urlOf);
    const counted = path.join(dir, 'fleet-counted.yml');
    await writeFile(counted, stringify(file));
    return new CountedWays(counted, marathon, mesos);
  }

  /** Counts from here on. */
  reset(): void {
    for (const link of [...this.#marathon, ...this.#mesos]) link.forget();
  }

  /** Since the last reset. */
  counted(): Calls {
    const marathon = this.#marathon.flatMap(({ calls }) => calls);
    const mesos = this.#mesos.flatMap(({ calls }) => calls);
    const writes = marathon.filter(({ mutates }) => mutates);
    const by: Record<string, number> = {};
    for (const call of [...marathon, ...mesos]) by[kindOf(call)] = (by[kindOf(call)] ?? 0) + 1;
    return {
      marathonReads: marathon.length - writes.length,
      marathonWrites: writes.length,
      mesos: mesos.length,
      records: writes.filter(isRecord).length,
      by,
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#marathon, ...this.#mesos].map((link) => link.close()));
  }
}

function urlOf({ port }: HttpLink): string {
  return `http://127.0.0.1:${port}`;
}

function isRecord({ path: asked }: HttpCall): boolean {
  return /^\/v2\/apps\/.+\/record-\d+$/.test(asked);
}

function kindOf(call: HttpCall): string {
  if (isRecord(call)) return `${call.method} record`;
  const ids = call.path.replace(/^\/v2\/apps\/.+?(\/tasks\/.+)?$/, (_all, task) =>
    task === undefined ? '/v2/apps/{app}' : '/v2/apps/{app}/tasks/{task}',
  );
  return `${call.method} ${ids}`;
}
