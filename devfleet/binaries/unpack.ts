import { createReadStream, createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Extract } from 'tar-stream';

/**
 * Writes files of a .tar.gz, in one pass over it.
 * @param wanted where to write each, by its path in the archive
 * @throws Error that names those that are not in it
 */
export async function unpack(archive: string, wanted: ReadonlyMap<string, string>): Promise<void> {
  const tar = extract();
  const [written] = await Promise.all([write(tar, wanted), pipeline(createReadStream(archive), createGunzip(), tar)]);
  const absent = [...wanted.keys()].filter((member) => !written.has(member));
  if (absent.length > 0) throw new Error(`there is no ${absent.join(', no ')} in ${basename(archive)}`);
}

async function write(tar: Extract, wanted: ReadonlyMap<string, string>): Promise<Set<string>> {
  const written = new Set<string>();
  for await (const entry of tar) {
    const to = entry.header.type === 'file' ? wanted.get(entry.header.name) : undefined;
    if (to === undefined) {
      entry.resume();
      continue;
    }
    await pipeline(entry, createWriteStream(to));
    written.add(entry.header.name);
  }
  return written;
}
