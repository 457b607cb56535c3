import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import getPort from 'get-port';
import { askHaproxy } from '../../../src/drivers/traffic/haproxy/cli.ts';
import { eventually } from '../../contract/world.ts';

/** A HAProxy process of the system's own package, in a folder of its own. */
export interface Haproxy {
  /** `http://host:port` of its frontend, which serves the backend named by the request's Host. */
  url: string;
  /** Sockets of level admin (Unix, TCP) and of level operator. */
  socket: string;
  tcpSocket: string;
  operatorSocket: string;
  /** A person at its socket. */
  say(command: string): Promise<string>;
  /** Another process takes over, as `systemctl reload` does. `keep`: with its state file written before. */
  reload(options?: { keep?: boolean }): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param backends configuration of the backends, as HAProxy reads it
 * @throws Error that says what to install
 */
export async function startHaproxy(backends: string): Promise<Haproxy> {
  await promisify(execFile)('haproxy', ['-v']).catch(() => {
    throw new Error('this needs HAProxy; on Debian: apt-get install haproxy');
  });
  const folder = await mkdtemp(join(tmpdir(), 'haproxy-'));
  const [front, tcp] = [await getPort(), await getPort()];
  const socket = join(folder, 'admin.sock');
  const operatorSocket = join(folder, 'operator.sock');
  const state = join(folder, 'state');
  const config = join(folder, 'haproxy.cfg');
  await writeFile(
    config,
    `global
  stats socket ${socket} level admin
  stats socket ipv4@127.0.0.1:${tcp} level admin
  stats socket ${operatorSocket} level operator
  server-state-file ${state}
  nbthread 1
defaults
  mode http
  load-server-state-from-file global
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  timeout queue 1s
  timeout check 5s
  retries 0
  default-server check inter 100 fastinter 50 downinter 100 rise 2 fall 1
frontend front
  bind 127.0.0.1:${front}
  use_backend %[req.hdr(host),lower]
${backends}
`,
  );
  const say = async (command: string): Promise<string> => (await askHaproxy(socket, command)).join('\n');
  const begin = async (taking: ChildProcess | null): Promise<ChildProcess> => {
    const over = taking?.pid === undefined ? [] : ['-sf', String(taking.pid)];
    // It ends with this process, however that ends.
    const program = ['--pdeathsig', 'KILL', 'haproxy', '-f', config, '-db', ...over];
    const child = spawn('setpriv', program, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`HAProxy ended with ${child.exitCode}: ${said}`);
      const info = await say('show info').catch(() => '');
      return info.includes(`\nPid: ${child.pid ?? 0}\n`);
    });
    return child;
  };
  let running = await begin(null);
  return {
    url: `http://127.0.0.1:${front}`,
    socket,
    tcpSocket: `127.0.0.1:${tcp}`,
    operatorSocket,
    say,
    reload: async ({ keep = false } = {}) => {
      await (keep ? writeFile(state, `${await say('show servers state')}\n`) : rm(state, { force: true }));
      const before = running;
      running = await begin(before);
    },
    stop: async () => {
      if (running.exitCode === null) {
        running.kill('SIGKILL');
        await once(running, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
