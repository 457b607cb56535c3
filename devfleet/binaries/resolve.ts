import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import envPaths from 'env-paths';
import { BINARIES, type BinaryName } from './catalog.ts';
import { buildWithGo } from './go.ts';
import { withLock } from './lock.ts';

export interface Found {
  path: string;
  way: 'environment' | 'cache' | 'PATH' | 'build';
}

/** Where built binaries are kept: `<user's cache>/transship/bin/<name>/<version>/<name>`. */
export function cacheFolder(): string {
  return join(envPaths('transship', { suffix: '' }).cache, 'bin');
}

/**
 * Finds the given binaries, each by the first way that has it: its environment variable (TRANSSHIP_BIN_ETCD, …), the
 * cache, PATH (right version only), a build with Go, which takes minutes and fills the cache. Says which way it took
 * wherever that is not the cache. One process builds at a time; the others wait and use what it built.
 * @throws Error that says what to install or which variable to set
 */
export async function resolveBinaries<Name extends BinaryName>(
  names: readonly Name[],
  report: (line: string) => void,
): Promise<Record<Name, Found>> {
  const found = new Map<Name, Found>();
  const missing: Name[] = [];
  const look = async (name: Name) => {
    const hit = (await fromEnvironment(name)) ?? (await fromCache(name)) ?? (await fromPath(name));
    if (hit === null) return void missing.push(name);
    found.set(name, hit);
    if (hit.way !== 'cache')
      report(`${name}: ${hit.path} (${hit.way === 'PATH' ? 'on PATH' : BINARIES[name].variable})`);
  };
  await Promise.all(names.map(look));
  if (missing.length > 0) {
    const waiting = () => report(`another process is building binaries into ${cacheFolder()}; waiting for it`);
    await withLock(cacheFolder(), waiting, async () => {
      const still: Name[] = [];
      for (const name of missing) if ((await fromCache(name)) === null) still.push(name);
      if (still.length > 0) await buildWithGo(still, cacheFolder(), cached, report);
    });
    for (const name of missing) found.set(name, { path: cached(name), way: 'build' });
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
