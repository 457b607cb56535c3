import { Cluster } from './cluster.ts';
import type { MarathonOptions } from './options.ts';

export type { Clocks, MarathonOptions } from './options.ts';

/** A running Marathon. */
export interface Marathon {
  /** Of the processes, in the order of their ports. */
  urls: string[];
  /** Index of the leading process; null while there is none. */
  leader(): number | null;
  /**
   * Makes a process the leader; the one that was stops to be it, and its event streams end. null: there is none, until the
   * next call. @throws RangeError when there is no such process
   */
  elect(index: number | null): void;
  /** Ends all processes. Their tasks run on. */
  stop(): Promise<void>;
}

/**
 * Starts a double of Marathon 1.11: processes of one Marathon, on 127.0.0.1, that run apps on a Mesos cluster. It behaves
 * as mesosphere/marathon's code does, for apps; pods, volumes, secrets, plugins and changes of whole groups are not here.
 * Differences are named where they are made. The first process leads.
 */
export async function startMarathon(options: MarathonOptions): Promise<Marathon> {
  const cluster = await Cluster.start(options);
  return {
    urls: cluster.urls,
    leader: () => cluster.leader,
    elect: (index) => cluster.elect(index),
    stop: () => cluster.stop(),
  };
}
