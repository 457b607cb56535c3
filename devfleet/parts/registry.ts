import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { withFreshPorts } from '../ports.ts';
import { answers } from '../wait.ts';
import type { Part } from '../supervision/part.ts';
import type { Supervisor } from '../supervision/supervisor.ts';

export interface Registry {
  part: Part;
  port: number;
  /** Host of the registry as it stands in image names of this IDC. */
  host: string;
  /** All that it stores. */
  folder: string;
}

/** Whom a registry tells of what happens in it, by POST of an envelope of events. */
export interface NotificationEndpoint {
  url: string;
  /** Sent with each: `{ Authorization: ['Bearer …'] }`. Default: none. */
  headers?: Record<string, string[]>;
  /** Media types of which nothing is told. Default: none; blobs and HEAD requests are told, too. */
  ignoredMediaTypes?: string[];
  /** push, pull, mount, delete. Default: none is left out. */
  ignoredActions?: string[];
}

/**
 * The IDC's registry: distribution, on files in the fleet's folder.
 * @param notified each is given a second to answer; failures are tried again for ever, in order, after 10 in a row every second. Default: nobody
 */
export async function startRegistry(
  supervisor: Supervisor,
  binary: string,
  idc: string,
  nextPort: () => Promise<number>,
  notified: NotificationEndpoint[] = [],
): Promise<Registry> {
  const folder = join(supervisor.folder, idc, 'registry');
  await mkdir(folder, { recursive: true });
  return withFreshPorts(async () => {
    const port = await nextPort();
    const config = join(supervisor.folder, idc, 'registry.yml');
    await writeFile(config, stringify(registryConfig(folder, port, notified)));
    const part = await supervisor.start({
      name: `${idc}/registry`,
      command: binary,
      args: ['serve', config],
      env: { OTEL_TRACES_EXPORTER: 'none' },
      ready: async () => answers(`http://127.0.0.1:${port}/v2/`),
    });
    return { part, port, host: `registry.${idc}.internal`, folder };
  });
}

function registryConfig(folder: string, port: number, notified: NotificationEndpoint[]): object {
  return {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: folder, maxthreads: 100 },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: `127.0.0.1:${port}`, secret: 'devfleet' },
    ...(notified.length === 0 ? {} : { notifications: { endpoints: notified.map(endpointConfig) } }),
  };
}

function endpointConfig(
  { url, headers = {}, ignoredMediaTypes: mediatypes = [], ignoredActions: actions = [] }: NotificationEndpoint,
  index: number,
): object {
  return { name: `endpoint-${index}`, url, headers, ignore: { mediatypes, actions } };
}
