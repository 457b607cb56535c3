import { chmod, mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { portsOf } from './ports.ts';
import { Supervisor } from './supervision/supervisor.ts';

/** Where a part of a fleet is started. */
export interface Ground {
  supervisor: Supervisor;
  octet: number;
  nextPort: () => Promise<number>;
}

/**
 * Starts some parts of a fleet, and nothing else of it, in a folder of their own. They end with the process.
 * @param start what it throws ends those that had started; their logs are kept
 */
export async function startLight<T>(start: (ground: Ground) => Promise<T>): Promise<T> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'transship-fleet-')));
  await chmod(folder, 0o711); // PostgreSQL may run as another user
  const supervisor = await Supervisor.start(folder, 1, () => undefined);
  try {
    const [octet = 0] = supervisor.octets;
    return await start({ supervisor, octet, nextPort: portsOf(octet) });
  } catch (error) {
    await supervisor.stop({ keepLogs: true });
    throw error;
  }
}
