import { join } from 'node:path';
import { withFreshPorts } from '../ports.ts';
import { answers } from '../wait.ts';
import type { Part } from '../supervision/part.ts';
import type { Supervisor } from '../supervision/supervisor.ts';

/** etcd of one IDC's control plane: one member, plain HTTP on loopback. */
export async function startEtcd(
  supervisor: Supervisor,
  binary: string,
  idc: string,
  nextPort: () => Promise<number>,
): Promise<{ part: Part; port: number }> {
  return withFreshPorts(async () => {
    const port = await nextPort();
    const clients = `http://127.0.0.1:${port}`;
    const peers = `http://127.0.0.1:${await nextPort()}`;
    const part = await supervisor.start({
      name: `${idc}/etcd`,
      command: binary,
      args: [
        `--data-dir=${join(supervisor.folder, idc, 'etcd')}`,
        `--listen-client-urls=${clients}`,
        `--advertise-client-urls=${clients}`,
        `--listen-peer-urls=${peers}`,
        `--initial-advertise-peer-urls=${peers}`,
        `--initial-cluster=default=${peers}`,
        '--unsafe-no-fsync', // survives a crash of etcd, not of the machine
        '--log-level=warn',
      ],
      ready: async () => answers(`${clients}/health`),
    });
    return { part, port };
  });
}
