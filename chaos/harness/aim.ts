import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Passage, Target } from '../hooks/points.ts';

// The folder through which a fault run talks to the workers that it hooks: TRANSSHIP_CHAOS_FOLDER of chaos/hooks/kill.ts.

/**
 * From now on the first worker that comes by the target is hit there; null: none is. The trace starts anew.
 * @param folder must be there
 */
export async function aim(folder: string, target: Omit<Target, 'id'> | null): Promise<void> {
  const file = path.join(folder, 'target.json');
  await rm(path.join(folder, 'trace.jsonl'), { force: true });
  await writeFile(`${file}.new`, JSON.stringify(target === null ? null : { ...target, id: randomUUID() }));
  await rename(`${file}.new`, file);
  for (const name of await readdir(folder)) if (name.startsWith('claimed-')) await rm(path.join(folder, name));
}

/** The points that the workers passed since the last aim, in order. */
export async function traceIn(folder: string): Promise<Passage[]> {
  const text = await readFile(path.join(folder, 'trace.jsonl'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Passage);
}
