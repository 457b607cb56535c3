import type { Credential } from '../elected/authorization.ts';
import { coalesce } from '../kubernetes/coalesce.ts';
import { Mesos } from '../mesos/client.ts';
import type { MesosTasks } from '../mesos/resources.ts';
import { Marathon } from './client.ts';
import { Locks } from './locks.ts';
import type { App } from './resources.ts';

/** One Mesos cluster with its Marathon, opened once per worker and shared by its drivers. */
export interface MarathonCluster {
  name: string;
  marathon: Marathon;
  /** Apps whose id contains the text. Those who look at about the same time share one call, as fresh as their own. */
  apps: (idPart: string) => Promise<App[]>;
  /**
   * Tasks by what the Mesos master says, shared like `apps`: it tells those of the whole cluster at once. Null where nobody
   * told where the masters are: then Marathon's word counts.
   */
  tasks: (() => Promise<MesosTasks>) | null;
  /** Name of the container network that gives each task an address of its own. */
  network: string;
  /** Field of a constraint that names the AZ of an agent. */
  zoneField: string;
  /** One change of a set's folder at a time. */
  locks: Locks;
  close(): Promise<void>;
}

export interface MarathonClusterOptions {
  name: string;
  urls: readonly string[];
  credential?: Credential | undefined;
  mesos?: { urls: readonly string[]; credential?: Credential | undefined } | undefined;
  network: string;
  zoneField?: string | undefined;
  lostAfterSeconds?: number | undefined;
}

/** @param options.zoneField default: `@zone`, the fault domain of the agent */
export function openMarathonCluster(options: MarathonClusterOptions): MarathonCluster {
  const { name, urls, credential, network, zoneField = '@zone', lostAfterSeconds } = options;
  const marathon = new Marathon({ name, urls, credential, lostAfterSeconds });
  const mesos = options.mesos === undefined ? null : new Mesos({ name, ...options.mesos });
  const tasks = mesos === null ? null : coalesce(() => mesos.tasks());
  const reads = new Map<string, (idPart: string) => Promise<App[]>>();
  const readOf = (idPart: string): ((idPart: string) => Promise<App[]>) => {
    const known = reads.get(idPart) ?? coalesce(() => marathon.apps(idPart));
    reads.set(idPart, known);
    return known;
  };
  return {
    name,
    marathon,
    apps: (idPart) => readOf(idPart)(idPart),
    tasks: tasks === null ? null : () => tasks(''),
    network,
    zoneField,
    locks: new Locks(),
    close: async () => {
      await marathon.close();
      await mesos?.close();
    },
  };
}
