import { HttpProcess } from './http/process.ts';
import { Leader } from './leader.ts';
import { DEFAULT_CLOCKS, type Clocks, type MarathonOptions } from './options.ts';
import { Store } from './store.ts';

/** What a master says to a framework that stayed away for longer than its failover timeout. */
const FRAMEWORK_REMOVED = 'Framework has been removed';

/** Several Marathon processes that share one state; one of them leads. */
export class Cluster {
  readonly #options: MarathonOptions;
  readonly #clocks: Clocks;
  readonly #store = new Store();
  readonly #processes: HttpProcess[] = [];
  #leading: { index: number; leader: Leader } | null = null;
  readonly #timers = new Set<NodeJS.Timeout>();

  private constructor(options: MarathonOptions) {
    this.#options = options;
    this.#clocks = { ...DEFAULT_CLOCKS, ...options.clocks };
  }

  /** Resolves when all listen and the first leads. */
  static async start(options: MarathonOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    for (const [index, port] of options.ports.entries()) {
      const self = {
        store: cluster.#store,
        options,
        clocks: cluster.#clocks,
        leaderHostPort: () => cluster.#leaderHostPort(),
        abdicate: () => cluster.#later(cluster.#clocks.abdication, () => cluster.#abdicate()),
      };
      cluster.#processes.push(
        await HttpProcess.start(port, self, () => (cluster.#leading?.index === index ? cluster.#leading.leader : null)),
      );
    }
    cluster.elect(0);
    return cluster;
  }

  get urls(): string[] {
    return this.#processes.map(({ hostPort }) => `http://${hostPort}`);
  }

  get leader(): number | null {
    return this.#leading?.index ?? null;
  }

  elect(index: number | null): void {
    if (index !== null && this.#processes[index] === undefined) throw new RangeError(`there is no process ${index}`);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#leading?.leader.stop();
    this.#leading = null;
    if (index === null) return;
    try {
      const leader: Leader = new Leader(this.#store, this.#clocks, this.#options, () => {
        if (this.#leading?.leader === leader) this.#abdicate();
      });
      this.#leading = { index, leader };
    } catch (error) {
      if (!(error instanceof Error) || error.message !== FRAMEWORK_REMOVED) throw error;
      // It forgets its id and gives up; who leads next is a framework of its own (MarathonScheduler.scala, error).
      this.#store.frameworkId = null;
      this.#follow(index);
    }
  }

  async stop(): Promise<void> {
    this.elect(null);
    await Promise.all(this.#processes.map((process) => process.stop()));
  }

  /** The next process takes over after a while. */
  #abdicate(): void {
    const last = this.#leading?.index ?? 0;
    this.elect(null);
    this.#follow(last);
  }

  #follow(last: number): void {
    this.#later(this.#clocks.election, () => this.elect((last + 1) % this.#processes.length));
  }

  #leaderHostPort(): string | null {
    return this.#leading === null ? null : (this.#processes[this.#leading.index]?.hostPort ?? null);
  }

  #later(milliseconds: number, act: () => void): void {
    this.#timers.add(setTimeout(act, milliseconds));
  }
}
