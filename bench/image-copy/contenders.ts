import type { Image } from './images.ts';
import type { Peer } from './peers.ts';
import { RunningTransship, timed, transshipCommand } from './processes.ts';

/** Somebody who copies; each answers with seconds. */
export interface Contender {
  name: string;
  /** Brings an image to all destinations. */
  copy(image: Image, from: string, to: readonly string[]): Promise<number>;
  /** Looks at all tags of a repository at both ends, where nothing is to be done. */
  step(repository: string, from: string, to: string): Promise<number>;
}

/** Transship as a process of its own for each copy, as the peers are. */
export const TRANSSHIP: Contender = {
  name: 'Transship',
  async copy({ repository, tag }, source, destinations) {
    const order = { source, destinations: [...destinations], repository, tag };
    return (await timed(transshipCommand(order))).seconds;
  },
  async step(repository, source, destination) {
    const order = { source, destinations: [destination], repository, tag: null };
    return (await timed(transshipCommand(order))).seconds;
  },
};

/** Transship as a worker is: it runs already, and knows the registries. */
export function running(resources: AsyncDisposableStack): Contender {
  const process = new RunningTransship();
  resources.defer(() => process.stop());
  return {
    name: 'Transship, running',
    copy: ({ repository, tag }, source, destinations) =>
      process.carryOut({ source, destinations: [...destinations], repository, tag }),
    step: (repository, source, destination) =>
      process.carryOut({ source, destinations: [destination], repository, tag: null }),
  };
}

/** A peer copies to several destinations one after the other, as there is no other way. */
export function contenderOf(peer: Peer): Contender {
  return {
    name: peer.name,
    async copy(image, from, to) {
      let seconds = 0;
      for (const host of to) seconds += (await timed(peer.copy(image, from, host))).seconds;
      return seconds;
    },
    step: async (repository, from, to) => (await timed(await peer.step(repository, from, to))).seconds,
  };
}
