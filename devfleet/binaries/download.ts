import { chmod, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EnvHttpProxyAgent, interceptors, type Dispatcher } from 'undici';
import type { Architecture, BinaryName, Download } from './catalog.ts';
import { fetchFile, reasonOf, Unreachable } from './fetch.ts';
import { putInPlace, withScratch } from './scratch.ts';
import { unpack } from './unpack.ts';

/** A file to download, and the programs that are wanted of it. */
interface Source {
  url: string;
  checksum: string;
  programs: { name: BinaryName; member: string | undefined }[];
}

/** Where downloads of a resolve go, and how. */
interface Session {
  cache: string;
  place: (name: BinaryName) => string;
  dispatcher: Dispatcher;
  report: (line: string) => void;
}

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, Architecture>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Downloads what it can of the given binaries into the cache, where each appears whole and with the right checksum, or
 * not at all. Says what it does not get and why. A host that gives nothing is asked once. To be called by one process at
 * a time (see lock.ts).
 * @param place path of a binary in the cache
 * @returns those that are now in the cache
 */
export async function downloadBinaries(
  names: BinaryName[],
  downloadOf: (name: BinaryName) => Download | null,
  cache: string,
  place: (name: BinaryName) => string,
  report: (line: string) => void,
): Promise<Set<BinaryName>> {
  // As Go does, it goes through the proxy that HTTPS_PROXY names.
  const agent = new EnvHttpProxyAgent();
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: 5 }));
  const session = { cache, place, dispatcher, report };
  try {
    const byHost = Map.groupBy(sourcesOf(names, downloadOf), ({ url }) => new URL(url).host);
    const got = new Set<BinaryName>();
    for (const [host, sources] of byHost) for (const name of await downloadFrom(host, sources, session)) got.add(name);
    return got;
  } finally {
    await agent.destroy();
  }
}

async function downloadFrom(host: string, sources: Source[], session: Session): Promise<BinaryName[]> {
  const got: BinaryName[] = [];
  for (const [index, source] of sources.entries()) {
    try {
      await download(source, session);
      got.push(...source.programs.map(({ name }) => name));
    } catch (error) {
      if (error instanceof Unreachable) {
        session.report(`${namesOf(sources.slice(index))}: no download from ${host} (${error.message}); to be built`);
        break;
      }
      session.report(`WARNING: ${namesOf([source])}: the download failed, to be built: ${reasonOf(error)}`);
    }
  }
  return got;
}

async function download({ url, checksum, programs }: Source, session: Session): Promise<void> {
  const began = Date.now();
  await withScratch(session.cache, async (folder) => {
    const file = join(folder, basename(url));
    const fresh = (name: BinaryName) => join(folder, `program-${name}`);
    await fetchFile(url, checksum, file, session.dispatcher, session.report);
    const members = new Map<string, string>();
    for (const { name, member } of programs) {
      if (member === undefined) await rename(file, fresh(name));
      else members.set(member, fresh(name));
    }
    if (members.size > 0) await unpack(file, members);
    for (const { name } of programs) {
      await chmod(fresh(name), 0o755);
      await putInPlace(fresh(name), session.place(name));
    }
  });
  const seconds = Math.round((Date.now() - began) / 1000);
  session.report(`${namesOf([{ programs }])}: downloaded in ${seconds} s, checksum right`);
}

/** Programs of the same file are one download. */
function sourcesOf(names: BinaryName[], downloadOf: (name: BinaryName) => Download | null): Source[] {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) return [];
  const here = (text: string) => text.replaceAll('{arch}', architecture);
  const sources = new Map<string, Source>();
  for (const name of names) {
    const download = downloadOf(name);
    if (download === null) continue;
    const { url, checksums, member } = download;
    const source = sources.get(url) ?? { url: here(url), checksum: checksums[architecture], programs: [] };
    source.programs.push({ name, member: member === undefined ? undefined : here(member) });
    sources.set(url, source);
  }
  return [...sources.values()];
}

function namesOf(sources: Pick<Source, 'programs'>[]): string {
  return sources.flatMap(({ programs }) => programs.map(({ name }) => name)).join(', ');
}
