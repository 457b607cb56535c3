import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import envPaths from 'env-paths';
import { BINARIES, type BinaryName, type Download } from './catalog.ts';
import { downloadBinaries } from './download.ts';
import { buildWithGo } from './go.ts';
import { withLock } from './lock.ts';

export interface Found {
  path: string;
  way: 'environment' | 'cache' | 'PATH' | 'download' | 'build';
}

/** Where downloaded and built binaries are kept: `<user's cache>/transship/bin/<name>/<version>/<name>`. */
export function cacheFolder(): string {
  return join(envPaths('transship', { suffix: '' }).cache, 'bin');
}

/**
 * Finds the given binaries, each by the first way that has it: its environment variable (TRANSSHIP_BIN_ETCD, …), the
 * cache, PATH (right version only), the project's own download, a build with Go, which takes minutes. The last two fill
 * the cache; TRANSSHIP_DOWNLOAD=never leaves out the download. Says which way it took wherever that is not the cache. One
 * process fills the cache at a time; the others wait and use what it brought.
 * @throws Error that says what to install or which variable to set
 */
export async function resolveBinaries<Name extends BinaryName>(
  names: readonly Name[],
  report: (line: string) => void,
  downloadOf: (name: BinaryName) => Download | null = (name) => BINARIES[name].download,
): Promise<Record<Name, Found>> {
  const found = new Map<Name, Found>();
  const look = async (name: Name) => {
    const hit = (await fromEnvironment(name)) ?? (await fromCache(name)) ?? (await fromPath(name));
    if (hit === null) return;
    found.set(name, hit);
    if (hit.way !== 'cache')
      report(`${name}: ${hit.path} (${hit.way === 'PATH' ? 'on PATH' : BINARIES[name].variable})`);
  };
  await Promise.all(names.map(look));
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) {
    const waiting = () => report(`another process is filling ${cacheFolder()}; waiting for it`);
    await withLock(cacheFolder(), waiting, async () => {
      // While it waited, another may have brought some.
      const still: Name[] = [];
      for (const name of missing) {
        const hit = await fromCache(name);
        if (hit === null) still.push(name);
        else found.set(name, hit);
      }
      const downloaded =
        process.env.TRANSSHIP_DOWNLOAD === 'never'
          ? new Set<BinaryName>()
          : await downloadBinaries(still, downloadOf, cacheFolder(), cached, report);
      const rest = still.filter((name) => !downloaded.has(name));
      if (rest.length > 0) await buildWithGo(rest, cacheFolder(), cached, report);
      for (const name of still)
        found.set(name, { path: cached(name), way: downloaded.has(name) ? 'download' : 'build' });
    });
  }
  return Object.fromEntries(found) as Record<Name, Found>;
}

function cached(name: BinaryName): string {
  return join(cacheFolder(), name, BINARIES[name].version, name);
}

async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function fromEnvironment(name: BinaryName): Promise<Found | null> {
  const { variable } = BINARIES[name];
  const path = process.env[variable];
  if (path === undefined || path === '') return null;
  if (await executable(path)) return { path, way: 'environment' };
  throw new Error(`${variable} is ${path}, which is not an executable file`);
}

async function fromCache(name: BinaryName): Promise<Found | null> {
  const path = cached(name);
  return (await executable(path)) ? { path, way: 'cache' } : null;
}

async function fromPath(name: BinaryName): Promise<Found | null> {
  const { command, ask, answer } = BINARIES[name].onPath;
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const path = join(folder, command);
    if (!(await executable(path))) continue;
    const said = await promisify(execFile)(path, ask, { timeout: 5000 }).catch(() => ({ stdout: '', stderr: '' }));
    if (answer.test(`${said.stdout}${said.stderr}`)) return { path, way: 'PATH' };
  }
  return null;
}
