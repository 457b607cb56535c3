import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const UNFINISHED = '.unfinished-';

/**
 * Gives `work` a folder in the cache for what is not finished, and removes it afterwards. Folders of processes that died
 * are removed too, so it is to be called by one process at a time (see lock.ts).
 */
export async function withScratch<T>(cache: string, work: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(cache, { recursive: true });
  for (const entry of await readdir(cache))
    if (entry.startsWith(UNFINISHED)) await rm(join(cache, entry), { recursive: true });
  const folder = await mkdtemp(join(cache, UNFINISHED));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Moves a finished file into the cache. By rename, so it is there whole or not at all. */
export async function putInPlace(file: string, place: string): Promise<void> {
  await mkdir(dirname(place), { recursive: true });
  await rename(file, place);
}
