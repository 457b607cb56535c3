import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const RESOLVE = new URL('../../devfleet/binaries/resolve.ts', import.meta.url).href;
const PROGRAM = `const { resolveBinaries } = await import('${RESOLVE}');
  const { toxiproxy } = await resolveBinaries(['toxiproxy'], console.log);
  console.log('has', toxiproxy.path);`;

let cache: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'build-test-'));
  // An empty cache of ours beside Go's own as it is: what Go remembers is not what is tested.
  const goCache = (await run('go', ['env', 'GOCACHE'])).stdout.trim();
  const go = dirname((await run('which', ['go'])).stdout.trim());
  env = {
    ...process.env,
    XDG_CACHE_HOME: cache,
    GOCACHE: goCache,
    PATH: `${go}:/usr/bin:/bin`,
    TRANSSHIP_BIN_TOXIPROXY: '',
    TRANSSHIP_DOWNLOAD: 'never',
  };
});
afterAll(() => rm(cache, { recursive: true }));

function resolver(): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function outputOf(child: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'close');
  return text;
}

describe('a build of a binary', () => {
  const built = () => join(cache, 'transship', 'bin', 'toxiproxy', 'v2.5.0', 'toxiproxy');

  it('that is killed half way leaves nothing that looks finished', async () => {
    const child = resolver();
    await once(child.stdout, 'data'); // it says that it builds
    child.kill('SIGKILL');
    await once(child, 'close');
    await expect(run(built())).rejects.toThrow('ENOENT');
  });

  it('is done once, by one of two processes that need it', async () => {
    const said = await Promise.all([outputOf(resolver()), outputOf(resolver())]);
    const builders = said.filter((text) => text.startsWith('building toxiproxy v2.5.0: about 7 s'));
    const waiters = said.filter((text) => text.startsWith('another process is filling'));
    expect([builders.length, waiters.length]).toEqual([1, 1]);
    for (const text of said) expect(text).toContain(`has ${built()}\n`);
    expect((await run(built(), ['-version'])).stdout).toMatch(/^toxiproxy-server version/);
    expect(await readdir(join(cache, 'transship', 'bin'))).toEqual(['toxiproxy']);
  });
});
