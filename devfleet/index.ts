import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { assemble } from './assemble.ts';
import { NEEDED_BINARIES } from './binaries/catalog.ts';
import { resolveBinaries } from './binaries/resolve.ts';
import { DEFAULT_SHAPE, readShape } from './shape.ts';
import { Supervisor } from './supervision/supervisor.ts';
import type { Devfleet, FleetOptions } from './types.ts';

export type { FleetShape } from './shape.ts';
export type { Devfleet, DevfleetIdc, FleetOptions } from './types.ts';

/**
 * Starts a whole fleet on this machine, of real parts, and returns when all of them answer.
 * @throws Error that names the part that failed, its log and the log's last lines; its logs are then kept
 */
export async function startFleet(options: FleetOptions = {}): Promise<Devfleet> {
  const report = options.onProgress ?? (() => undefined);
  const shape = readShape(options.shape ?? DEFAULT_SHAPE);
  const binaries = await resolveBinaries(NEEDED_BINARIES, report);

  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'transship-fleet-')));
  await chmod(folder, 0o711); // PostgreSQL may run as another user
  const supervisor = await Supervisor.start(folder, Object.keys(shape.idcs).length, (part, why) =>
    report(`${part.spec.name} is gone: ${why}; log: ${part.log}`),
  ).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  try {
    const isUp = (what: string) => report(`${what} (${seconds()})`);
    const fleet = await assemble({ supervisor, binaries, isUp }, shape, options);
    report(`fleet is up (${seconds()})`);
    return fleet;
  } catch (error) {
    await supervisor.stop({ keepLogs: true });
    throw error;
  }
}
