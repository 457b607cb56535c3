import { spawn } from 'node:child_process';
import { cp, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BINARIES, KUBE_MODULE, type Binary, type BinaryName } from './catalog.ts';
import { putInPlace, withScratch } from './scratch.ts';

const GO = 'go';
const TICK_MS = 10_000;
const LAST_LINES = 15;

/**
 * Builds the given binaries with Go into the cache. Each appears there whole, by rename. To be called by one process
 * at a time (see lock.ts).
 * @param place path of a binary in the cache
 */
export async function buildWithGo(
  names: BinaryName[],
  cache: string,
  place: (name: BinaryName) => string,
  report: (line: string) => void,
): Promise<void> {
  await assertGo(names);
  await withScratch(cache, async (folder) => {
    // Each is in place as soon as it is built: what ends the next build does not cost this one.
    const kube = names.filter((name) => BINARIES[name].build.module === 'kube');
    if (kube.length > 0) await buildKube(kube, folder, report);
    for (const name of kube) await putInPlace(join(folder, name), place(name));
    for (const name of names) {
      if (kube.includes(name)) continue;
      await install(name, folder, report);
      await putInPlace(join(folder, name), place(name));
    }
  });
}

/** One build for all commands of the module: what they share is compiled once. */
async function buildKube(names: BinaryName[], folder: string, report: (line: string) => void): Promise<void> {
  const [major, minor] = KUBE_MODULE.kubernetes.slice(1).split('.');
  const version = { gitVersion: KUBE_MODULE.kubernetes, gitMajor: major, gitMinor: minor };
  const stamp = Object.entries(version).map(([key, value]) => `-X k8s.io/component-base/version.${key}=${value}`);
  // A copy: go.mod stays as committed, and the module is found wherever the project lies.
  const module = join(folder, 'module');
  await cp(fileURLToPath(new URL('kube', import.meta.url)), module, { recursive: true });
  const out = join(folder, 'out');
  const packages = names.map((name) => BINARIES[name].build.package);
  await go(
    ['build', '-v', '-ldflags', `-s -w ${stamp.join(' ')}`, '-o', `${out}/`, ...packages],
    { title: `building ${names.join(', ')}`, seconds: KUBE_MODULE.seconds, cwd: module },
    report,
  );
  for (const name of names) await rename(join(out, goName(BINARIES[name])), join(folder, name));
}

async function install(name: BinaryName, folder: string, report: (line: string) => void): Promise<void> {
  const { build, version } = BINARIES[name];
  const seconds = 'seconds' in build ? build.seconds : KUBE_MODULE.seconds;
  const out = join(folder, `${name}-out`);
  await go(
    ['install', '-v', '-ldflags', '-s -w', `${build.package}@${version}`],
    { title: `building ${name} ${version}`, seconds, cwd: folder, env: { GOBIN: out } },
    report,
  );
  await rename(join(out, goName(BINARIES[name])), join(folder, name));
}

/** Go names a command by the last element of its package that is not a major version. */
function goName({ build }: Binary): string {
  return basename(build.package.replace(/\/v\d+$/, ''));
}

/** Runs go, says every 10 s how far it is. @throws Error with go's last lines */
async function go(
  args: string[],
  run: { title: string; seconds: number; cwd: string; env?: Record<string, string> },
  report: (line: string) => void,
): Promise<void> {
  const began = Date.now();
  const elapsed = () => `${Math.round((Date.now() - began) / 1000)} s`;
  report(`${run.title}: about ${run.seconds} s on two cores, downloads included`);
  const child = spawn(GO, args, {
    cwd: run.cwd,
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', ...run.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // With -v go names each package on stderr as it compiles it, and each module as it downloads it.
  let last = '';
  let compiled = 0;
  const tail: string[] = [];
  const read = (chunk: Buffer) => {
    for (const line of chunk
      .toString()
      .split('\n')
      .filter((text) => text !== '')) {
      last = line;
      if (!line.startsWith('go: ')) compiled++;
      tail.push(line);
      if (tail.length > LAST_LINES) tail.shift();
    }
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const ticker = setInterval(
    () => report(`${run.title}: ${elapsed()}, ${compiled} packages compiled, last ${last}`),
    TICK_MS,
  );
  try {
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once('error', reject).once('close', resolve),
    );
    if (code !== 0)
      throw new Error(
        `${run.title} failed (go ${args[0] ?? ''}, code ${code ?? '?'}):\n${tail.map((line) => `  | ${line}`).join('\n')}`,
      );
  } finally {
    clearInterval(ticker);
  }
  report(`${run.title}: done in ${elapsed()}`);
}

async function assertGo(names: BinaryName[]): Promise<void> {
  const found = await new Promise<boolean>((resolve) => {
    spawn(GO, ['version'], { stdio: 'ignore' })
      .once('error', () => resolve(false))
      .once('exit', (code) => resolve(code === 0));
  });
  if (found) return;
  const variables = names.map((name) => `  ${BINARIES[name].variable.padEnd(40)} ${name} ${BINARIES[name].version}`);
  throw new Error(
    `${names.join(', ')} must be built, and there is no Go on this machine.\n` +
      'Install Go 1.25 or later (https://go.dev/dl/) and start again; or bring executables yourself and name them:\n' +
      variables.join('\n'),
  );
}
