import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveBinaries } from '../../devfleet/binaries/resolve.ts';
import { Links } from '../../devfleet/parts/links.ts';
import { startRegistry, type Registry } from '../../devfleet/parts/registry.ts';
import { portsOf } from '../../devfleet/ports.ts';
import { Supervisor } from '../../devfleet/supervision/supervisor.ts';
import { CountedWay } from './counted.ts';
import { crane, regclient, skopeo, type Peer } from './peers.ts';

/** What a WAN takes: on each answer that comes over it, and of each connection. */
export const WAN = { latencyMs: 30, kilobytesPerSecond: 4_000 };

/** Registries, the ways to them, and who copies between them. Hosts are `host:port`. */
export interface World {
  source: string;
  /** The source, over the WAN. */
  wan: string;
  /** The source, on a way on which bytes are counted. */
  counted: CountedWay;
  /** A destination that is never emptied. */
  mirror: string;
  /** So many destinations, empty. */
  emptied: (count?: number) => Promise<string[]>;
  peers: Peer[];
  /** Null: it is not installed. */
  skopeo: string | null;
}

/** Starts everything. `resources` ends it. */
export async function openWorld(
  replicas: number,
  resources: AsyncDisposableStack,
  note: (text: string) => void,
): Promise<World> {
  const binaries = await resolveBinaries(['registry', 'toxiproxy', 'crane', 'regctl', 'regsync'], note);
  const folder = await mkdtemp(join(tmpdir(), 'transship-image-copy-'));
  const supervisor = await Supervisor.start(folder, 1, ({ spec, log }, why) =>
    note(`${spec.name} is gone: ${why}; log: ${log}`),
  );
  resources.defer(() => supervisor.stop());
  const nextPort = portsOf(supervisor.octets[0] ?? 1);
  const start = (name: string): Promise<Registry> => startRegistry(supervisor, binaries.registry.path, name, nextPort);
  const source = await start('source');
  const mirror = await start('mirror');
  const destinations: Registry[] = [];
  while (destinations.length < replicas) destinations.push(await start(`destination-${destinations.length + 1}`));

  const links = await Links.start(supervisor, binaries.toxiproxy.path, nextPort);
  const wan = await links.lay('wan', source.port);
  // In this order: what is delayed counts against the bandwidth only after that, as on a line.
  await links.link('wan').latency(WAN.latencyMs);
  await links.link('wan').bandwidth(WAN.kilobytesPerSecond);
  const counted = await CountedWay.open(source.port);
  resources.defer(() => counted.close());

  const installed = await skopeo();
  const peers = [crane(binaries.crane.path), regclient(binaries.regctl.path, binaries.regsync.path, folder)];
  return {
    source: hostOf(source.port),
    wan: hostOf(wan),
    counted,
    mirror: hostOf(mirror.port),
    async emptied(count = 1) {
      const wanted = destinations.slice(0, count);
      await Promise.all(wanted.map(empty));
      return wanted.map(({ port }) => hostOf(port));
    },
    peers: installed === null ? peers : [...peers, installed],
    skopeo: installed?.version ?? null,
  };
}

/** Started anew, so that nothing is left in its memory either. */
async function empty({ part, folder }: Registry): Promise<void> {
  await part.kill();
  await rm(folder, { recursive: true });
  await mkdir(folder);
  await part.start();
}

function hostOf(port: number): string {
  return `127.0.0.1:${port}`;
}
