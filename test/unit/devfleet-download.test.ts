import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BINARIES, type BinaryName, type Download } from '../../devfleet/binaries/catalog.ts';
import { cacheFolder, resolveBinaries } from '../../devfleet/binaries/resolve.ts';

let folder: string;
let said: string[];
const servers: Server[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'download-test-'));
  said = [];
  vi.stubEnv('XDG_CACHE_HOME', folder);
  vi.stubEnv('PATH', join(folder, 'empty')); // no Go either: what is not downloaded fails, and says so
  vi.stubEnv('TRANSSHIP_DOWNLOAD', '');
  vi.stubEnv('NO_PROXY', '127.0.0.1');
  for (const { variable } of Object.values(BINARIES)) vi.stubEnv(variable, '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) server.close().closeAllConnections();
  await rm(folder, { recursive: true });
});

/** A server of these answers by path; what is asked for is counted. */
async function serve(answers: Record<string, RequestListener>): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const answer = answers[path];
    if (answer === undefined) response.writeHead(404).end();
    else answer(request, response);
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function urlOfNobody(): Promise<string> {
  const { url } = await serve({});
  await new Promise((resolve) => servers.pop()?.close(resolve));
  return url;
}

const giving =
  (content: Buffer): RequestListener =>
  (_, response) =>
    response
      .writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': content.length })
      .end(content);

function inHalves(content: Buffer, between: (response: ServerResponse) => void): RequestListener {
  return (_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, content.length / 2), () => between(response));
  };
}

async function archive(files: Record<string, string>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  return gzipSync(await buffer(tar));
}

function download(url: string, content: Buffer | string, member?: string): Download {
  const sum = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  return { url, checksums: { amd64: sum, arm64: sum }, ...(member === undefined ? {} : { member }) };
}

async function resolve<Name extends BinaryName>(downloads: Record<Name, Download>) {
  const names = Object.keys(downloads) as Name[];
  return resolveBinaries(
    names,
    (line) => void said.push(line),
    (name) => downloads[name as Name],
  );
}

const inCache = (name: BinaryName) => join(cacheFolder(), name, BINARIES[name].version, name);
const PROGRAM = Buffer.from('#!/bin/sh\necho a program\n');

describe('a download', () => {
  it('of a program by itself is put into the cache, executable, and is there the next time', async () => {
    const { url, asked } = await serve({ '/program': giving(PROGRAM) });
    const path = inCache('toxiproxy');
    const downloads = { toxiproxy: download(`${url}/program`, PROGRAM) };
    expect(await resolve(downloads)).toEqual({ toxiproxy: { path, way: 'download' } });
    expect(await readFile(path)).toEqual(PROGRAM);
    expect((await stat(path)).mode & 0o777).toBe(0o755);
    expect(said).toEqual([
      `downloading program from ${new URL(url).host}: 0.0 MB`,
      expect.stringMatching(/^toxiproxy: downloaded in \d+ s, checksum right$/),
    ]);
    expect(await resolve(downloads)).toEqual({ toxiproxy: { path, way: 'cache' } });
    expect(asked).toEqual(['/program']);
  });

  it('of an archive brings all that is wanted of it, and nothing else', async () => {
    const content = await archive({
      'bin/README': 'read',
      'bin/kubectl': 'ctl',
      'bin/big': 'x'.repeat(1e6),
      'bin/etcd': 'd',
    });
    const { url, asked } = await serve({ '/all.tar.gz': giving(content) });
    const found = await resolve({
      etcd: download(`${url}/all.tar.gz`, content, 'bin/etcd'),
      kubectl: download(`${url}/all.tar.gz`, content, 'bin/kubectl'),
    });
    expect([found.etcd.way, found.kubectl.way]).toEqual(['download', 'download']);
    expect(await readFile(inCache('etcd'), 'utf8')).toBe('d');
    expect(await readFile(inCache('kubectl'), 'utf8')).toBe('ctl');
    expect(await readdir(cacheFolder())).toEqual(['etcd', 'kubectl']);
    expect(asked).toEqual(['/all.tar.gz']);
    expect(said.at(-1)).toMatch(/^etcd, kubectl: downloaded in \d+ s, checksum right$/);
  });

  it('goes where it is redirected to, and asks for the file of this processor', async () => {
    const arch = process.arch === 'x64' ? 'amd64' : process.arch;
    const store = await serve({
      '/blob': (_, response) => {
        response.write(PROGRAM); // no Content-Length
        response.end();
      },
    });
    const { url } = await serve({
      [`/linux-${arch}`]: (_, response) => response.writeHead(302, { location: `${store.url}/blob` }).end(),
    });
    const found = await resolve({ registry: download(`${url}/linux-{arch}`, PROGRAM) });
    expect(found.registry.way).toBe('download');
    expect(await readFile(found.registry.path)).toEqual(PROGRAM);
    expect(said[0]).toMatch(/^downloading linux-\w+64 from .*: size unknown$/);
  });

  it('says how long it will take', async () => {
    const content = Buffer.alloc(3_000_000, 'x');
    const rest = async (response: ServerResponse) => {
      await sleep(1100);
      response.end(content.subarray(content.length / 2));
    };
    const { url } = await serve({ '/slow': inHalves(content, (response) => void rest(response)) });
    await resolve({ temporal: download(`${url}/slow`, content) });
    expect(said[0]).toBe(`downloading slow from ${new URL(url).host}: 3.0 MB`);
    expect(said[1]).toMatch(/^downloading slow: (1\.[5-9]|2\.\d) MB of 3\.0 MB, about [12] s left$/);
    expect(said[2]).toMatch(/^temporal: downloaded in \d+ s, checksum right$/);
  });

  it('removes what downloads that died have left', async () => {
    await mkdir(join(cacheFolder(), '.unfinished-x', 'deep'), { recursive: true });
    const { url } = await serve({ '/program': giving(PROGRAM) });
    await resolve({ toxiproxy: download(`${url}/program`, PROGRAM) });
    expect(await readdir(cacheFolder())).toEqual(['toxiproxy']);
  });
});

describe('what is not downloaded is built', () => {
  /** There is no Go on the PATH of these tests, so the attempt to build fails; that it was made is what matters. */
  async function toBeBuilt(downloads: Partial<Record<BinaryName, Download>>): Promise<void> {
    const names = Object.keys(downloads).join(', ');
    await expect(resolve(downloads as Record<BinaryName, Download>)).rejects.toThrow(
      `${names} must be built, and there is no Go on this machine.`,
    );
  }
  const cached = async () =>
    (await readdir(folder, { recursive: true, withFileTypes: true })).filter((e) => e.isFile());

  it('where the checksum is another, which is said loudly', async () => {
    const { url } = await serve({ '/program': giving(PROGRAM) });
    const expected = download(`${url}/program`, 'what was published');
    await toBeBuilt({ toxiproxy: expected });
    expect(await cached()).toEqual([]);
    const warning = said.at(-1)?.split('\n') ?? [];
    expect(warning[0]).toMatch(/^WARNING: toxiproxy: .* to be built: .*\/program gave is not the file/);
    expect(warning[1]).toBe(`  expected ${expected.checksums.amd64}`);
    expect(warning[2]).toBe(`  actual   ${download('', PROGRAM).checksums.amd64}`);
    expect(warning[3]).toContain('TRANSSHIP_DOWNLOAD=never');
  });

  it('where the connection is cut half way', async () => {
    const content = Buffer.alloc(2_000_000, 'x');
    const { url } = await serve({ '/cut': inHalves(content, (response) => response.destroy()) });
    await toBeBuilt({ toxiproxy: download(`${url}/cut`, content) });
    expect(await cached()).toEqual([]);
    expect(said.at(-1)).toMatch(/^WARNING: toxiproxy: .*to be built: (other side closed|terminated|aborted)/);
  });

  it('where the archive does not have it', async () => {
    const content = await archive({ 'bin/other': 'x', 'bin/etcd': 'd' });
    const { url } = await serve({ '/all.tar.gz': giving(content) });
    await toBeBuilt({
      etcd: download(`${url}/all.tar.gz`, content, 'bin/etcd'),
      kubectl: download(`${url}/all.tar.gz`, content, 'bin/kubectl'),
    });
    expect(await cached()).toEqual([]);
    expect(said.at(-1)).toMatch(/^WARNING: etcd, kubectl: .*: there is no bin\/kubectl in all\.tar\.gz$/);
  });

  it('where what has the right checksum is no archive', async () => {
    const { url } = await serve({ '/all.tar.gz': giving(PROGRAM) });
    await toBeBuilt({ etcd: download(`${url}/all.tar.gz`, PROGRAM, 'bin/etcd') });
    expect(await cached()).toEqual([]);
    expect(said.at(-1)).toMatch(/^WARNING: etcd: .*: incorrect header check$/);
  });

  it('where the network refuses, in one line for a host', async () => {
    const url = await urlOfNobody();
    await toBeBuilt({ etcd: download(`${url}/a`, PROGRAM), temporal: download(`${url}/b`, PROGRAM) });
    const { host } = new URL(url);
    expect(said).toEqual([`etcd, temporal: no download from ${host} (connect ECONNREFUSED ${host}); to be built`]);
  });

  it('where the name is not known', async () => {
    await toBeBuilt({ etcd: download('http://nowhere.invalid/a', PROGRAM) });
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(
      /^etcd: no download from nowhere\.invalid \(getaddrinfo E\w+ nowhere\.invalid\); to be built$/,
    );
  });

  it('where nothing answers within seconds', async () => {
    let connections = 0;
    const mute = createTcpServer(() => connections++);
    await once(mute.listen(0, '127.0.0.1'), 'listening');
    const host = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
    await toBeBuilt({ etcd: download(`https://${host}/a`, PROGRAM), temporal: download(`https://${host}/b`, PROGRAM) });
    mute.close();
    expect(said).toEqual([`etcd, temporal: no download from ${host} (no answer within 5 s); to be built`]);
    expect(connections).toBe(1);
  });

  it('where a proxy forbids it, or shows a page of its own', async () => {
    const forbids = await serve({ '/a': (_, response) => response.writeHead(403).end('forbidden') });
    const signIn = await serve({
      '/a': (_, response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>'),
    });
    await toBeBuilt({
      etcd: download(`${forbids.url}/a`, PROGRAM),
      temporal: download(`${forbids.url}/b`, PROGRAM),
      registry: download(`${signIn.url}/a`, PROGRAM),
      toxiproxy: download(`${signIn.url}/b`, PROGRAM),
    });
    expect(said).toEqual([
      `etcd, temporal: no download from ${new URL(forbids.url).host} (HTTP 403); to be built`,
      `registry, toxiproxy: no download from ${new URL(signIn.url).host} (it gave a web page instead of the file); to be built`,
    ]);
    expect([forbids.asked, signIn.asked]).toEqual([['/a'], ['/a']]);
  });

  it('where only this file is gone, and the others of the host are downloaded', async () => {
    const { url } = await serve({ '/there': giving(PROGRAM) });
    const downloads = { etcd: download(`${url}/gone`, PROGRAM), toxiproxy: download(`${url}/there`, PROGRAM) };
    await expect(resolve(downloads)).rejects.toThrow(/^etcd must be built/);
    expect(said[0]).toBe(`WARNING: etcd: the download failed, to be built: HTTP 404 from ${url}/gone`);
    expect(await readFile(inCache('toxiproxy'))).toEqual(PROGRAM);
  });

  it('where TRANSSHIP_DOWNLOAD is never', async () => {
    vi.stubEnv('TRANSSHIP_DOWNLOAD', 'never');
    const { url, asked } = await serve({ '/program': giving(PROGRAM) });
    await toBeBuilt({ toxiproxy: download(`${url}/program`, PROGRAM) });
    expect([asked, said]).toEqual([[], []]);
  });
});

describe('the downloads of the catalogue', () => {
  // The peers of a bench are built.
  const downloads = Object.entries(BINARIES).flatMap(([name, { version, download }]) =>
    download === null ? [] : [{ name, version, download }],
  );
  it.each(downloads)('$name: of the version that is run, with checksums', ({ version, download }) => {
    expect(download.url).toMatch(/^https:\/\/.*\{arch\}/);
    expect(download.url).toContain(version);
    for (const arch of ['amd64', 'arm64'] as const)
      expect(download.checksums[arch]).toMatch(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/);
    expect(download.checksums.amd64).not.toBe(download.checksums.arm64);
  });
});
