import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { resolveBinaries } from '../../../devfleet/binaries/resolve.ts';
import { portsOf, withFreshPorts } from '../../../devfleet/ports.ts';
import type { Part } from '../../../devfleet/supervision/part.ts';
import { Supervisor } from '../../../devfleet/supervision/supervisor.ts';
import { answers } from '../../../devfleet/wait.ts';

/** A registry of the distribution project, with its files in a folder of its own. */
export interface RealRegistry {
  url: string;
  /** To kill it and to start it again on what it has. */
  part: Part;
}

/** What of a registry's configuration is not as in most tests. */
export interface RealOptions {
  /** Default: true. */
  deletes?: boolean;
  /** Default: false. */
  relativeUrls?: boolean;
  /** It takes an index without what that lists; known to v3 only. Default: false. */
  sparse?: boolean;
  /** It takes manifests that name layers elsewhere. Default: true. */
  foreign?: boolean;
}

/** Real registries of one suite. */
export class RealRegistries {
  readonly #supervisor: Supervisor;
  readonly #nextPort: () => Promise<number>;
  #count = 0;

  private constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
    this.#nextPort = portsOf(supervisor.octets[0] ?? 1);
  }

  static async open(): Promise<RealRegistries> {
    const folder = await mkdtemp(join(tmpdir(), 'transship-registries-'));
    return new RealRegistries(await Supervisor.start(folder, 1, () => undefined));
  }

  /** Distribution v3. */
  async v3(options: RealOptions = {}): Promise<RealRegistry> {
    const { registry } = await resolveBinaries(['registry'], () => undefined);
    return this.#start(registry.path, options);
  }

  /** Distribution 2.8, as Debian packs it. @throws Error when it is not installed */
  async v2(options: RealOptions = {}): Promise<RealRegistry> {
    await promisify(execFile)('docker-registry', ['--version']).catch(() => {
      throw new Error('this needs distribution 2.8; on Debian: apt-get install docker-registry');
    });
    return this.#start('docker-registry', options);
  }

  async close(): Promise<void> {
    await this.#supervisor.stop();
  }

  async #start(command: string, options: RealOptions): Promise<RealRegistry> {
    const name = `registry-${++this.#count}`;
    const folder = join(this.#supervisor.folder, name);
    const config = join(folder, 'config.yml');
    await mkdir(folder);
    return withFreshPorts(async () => {
      const port = await this.#nextPort();
      const url = `http://127.0.0.1:${port}`;
      await writeFile(config, stringify(configOf(folder, port, options)));
      const part = await this.#supervisor.start({
        name,
        command,
        args: ['serve', config],
        env: { OTEL_TRACES_EXPORTER: 'none' },
        ready: async () => answers(`${url}/v2/`),
      });
      return { url, part };
    });
  }
}

function configOf(
  folder: string,
  port: number,
  { deletes = true, relativeUrls = false, sparse = false, foreign = true }: RealOptions,
): object {
  return {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: join(folder, 'data'), maxthreads: 100 },
      delete: { enabled: deletes },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: `127.0.0.1:${port}`, secret: 'test', relativeurls: relativeUrls },
    validation: {
      manifests: {
        urls: foreign ? { allow: ['^https://'] } : { deny: ['.*'] },
        ...(sparse ? { indexes: { platforms: 'none' } } : {}),
      },
    },
  };
}
