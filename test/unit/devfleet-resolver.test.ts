import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withLock } from '../../devfleet/binaries/lock.ts';
import { cacheFolder, resolveBinaries } from '../../devfleet/binaries/resolve.ts';

let folder: string;
let said: string[];
const say = (line: string) => void said.push(line);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resolver-test-'));
  said = [];
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('PATH', join(folder, 'empty'));
  vi.stubEnv('TRANSSHIP_BIN_ETCD', '');
  vi.stubEnv('TRANSSHIP_DOWNLOAD', 'never');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function program(path: string, output: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "${output}"\n`);
  await chmod(path, 0o755);
  return path;
}

describe('where a binary is looked for', () => {
  it('first in its environment variable, whatever its version', async () => {
    const mine = await program(join(folder, 'my-etcd'), 'etcd Version: 9.9.9');
    await program(join(cacheFolder(), 'etcd', 'v3.6.5', 'etcd'), 'etcd Version: 3.6.5');
    vi.stubEnv('TRANSSHIP_BIN_ETCD', mine);
    expect(await resolveBinaries(['etcd'], say)).toEqual({ etcd: { path: mine, way: 'environment' } });
    expect(said).toEqual([`etcd: ${mine} (TRANSSHIP_BIN_ETCD)`]);
  });

  it('then in the cache, by name and version', async () => {
    const old = await program(join(cacheFolder(), 'etcd', 'v3.5.0', 'etcd'), 'etcd Version: 3.5.0');
    const path = await program(join(cacheFolder(), 'etcd', 'v3.6.5', 'etcd'), 'etcd Version: 3.6.5');
    expect(old).toBe(join(folder, 'cache', 'transship', 'bin', 'etcd', 'v3.5.0', 'etcd'));
    expect(await resolveBinaries(['etcd'], say)).toEqual({ etcd: { path, way: 'cache' } });
    expect(said).toEqual([]);
  });

  it('then on PATH, past those of another version', async () => {
    const old = await program(join(folder, 'old', 'etcd'), 'etcd Version: 3.6.50');
    const path = await program(join(folder, 'new', 'etcd'), 'etcd Version: 3.6.5');
    vi.stubEnv('PATH', `${dirname(old)}:${dirname(path)}`);
    expect(await resolveBinaries(['etcd'], say)).toEqual({ etcd: { path, way: 'PATH' } });
    expect(said).toEqual([`etcd: ${path} (on PATH)`]);
  });

  it('and says what to do where it must be built and there is no Go', async () => {
    const failure = resolveBinaries(['etcd', 'toxiproxy'], say);
    await expect(failure).rejects.toThrow(
      /no Go on this machine.*\n.*Install Go.*\n.*TRANSSHIP_BIN_ETCD.*\n.*TRANSSHIP_BIN_TOXIPROXY/,
    );
  });

  it('and refuses a variable that names no program', async () => {
    vi.stubEnv('TRANSSHIP_BIN_ETCD', join(folder, 'nothing'));
    await expect(resolveBinaries(['etcd'], say)).rejects.toThrow('TRANSSHIP_BIN_ETCD is');
  });
});

describe('the lock of the cache', () => {
  it('lets one in at a time, and says who waits', async () => {
    const trace: string[] = [];
    const gate = Promise.withResolvers<undefined>();
    const first = withLock(
      folder,
      () => trace.push('first waits'),
      async () => {
        trace.push('first in');
        await gate.promise;
        trace.push('first out');
      },
    );
    const secondWaits = () => {
      trace.push('second waits');
      gate.resolve(undefined);
    };
    const second = withLock(folder, secondWaits, async () => {
      trace.push('second in');
    });
    await Promise.all([first, second]);
    expect(trace).toEqual(['first in', 'second waits', 'first out', 'second in']);
  });

  it('is free when its holder is killed', async () => {
    const module = new URL('../../devfleet/binaries/lock.ts', import.meta.url).href;
    const hold = `const { withLock } = await import('${module}');
      await withLock('${folder}', () => {}, async () => { console.log('in'); setInterval(() => {}, 1000); await new Promise(() => {}); });`;
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', hold], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const entered = await withLock(
      folder,
      () => holder.kill('SIGKILL'),
      async () => 'in',
    );
    expect(entered).toBe('in');
  });
});
