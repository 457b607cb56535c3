import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { pushImage } from '../../../devfleet/images/index.ts';
import { startSyncWorld, tellingOf, type SyncWorld } from '../../../test/support/sync/world.ts';
import { aim, traceIn } from '../../harness/aim.ts';
import { KILL_HOOKS, POLICY } from '../../harness/hooked.ts';
import { insist, SYNC_PATIENCE, type Asked } from '../../harness/insist.ts';
import type { Passage, Target } from '../../hooks/points.ts';
import { RegistryEyes } from '../registry-eyes.ts';

export const SOURCE = 'north';
/** The second one is a replica in the IDC of the first. */
export const DESTINATIONS = ['south', 'south-edge', 'east'];

const LAYER_BYTES = 20_000;

/** Registries of its own, with Transship between them, whose worker dies where it is told to, and is started again. */
export class SyncLane {
  readonly world: SyncWorld;
  readonly eyes: Record<string, RegistryEyes>;
  readonly #folder: string;
  #signal = new AbortController().signal;
  #cases = 0;
  #isClosed = false;

  private constructor(world: SyncWorld, folder: string) {
    this.world = world;
    this.#folder = folder;
    this.eyes = Object.fromEntries(
      Object.entries(world.fleet.registries).map(([name, { directUrl }]) => [name, new RegistryEyes(directUrl)]),
    );
    const worker = world.workers['worker'];
    if (worker !== undefined) worker.onLost = () => this.#revive();
  }

  /** @param folder of its own @param bundle path of the workflows, with the hooks */
  static async open(folder: string, bundle: string): Promise<SyncLane> {
    await mkdir(folder, { recursive: true });
    await aim(folder, null);
    const world = await startSyncWorld({
      idcs: { north: [], south: ['south-edge'], east: [] },
      ...tellingOf(SOURCE),
      apiEnv: { TRANSSHIP_TEST_POLICY: JSON.stringify(POLICY) },
      workerEnv: {
        TRANSSHIP_WORKFLOW_BUNDLE: bundle,
        TRANSSHIP_TEST_HOOKS: KILL_HOOKS,
        TRANSSHIP_CHAOS_FOLDER: folder,
      },
    });
    return new SyncLane(world, folder);
  }

  /** A case begins. @param signal ends whatever the lane waits for @returns a name that no case before it had */
  begins(signal: AbortSignal): string {
    this.#signal = signal;
    return `case-${++this.#cases}`;
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  /** From now on the worker dies at the target, once; null: nowhere. The trace starts anew. */
  async aim(target: Omit<Target, 'id'> | null): Promise<void> {
    await aim(this.#folder, target);
  }

  async trace(): Promise<Passage[]> {
    return traceIn(this.#folder);
  }

  /** Pushes an image to the source. @returns its digest */
  async push(repository: string, tag: string, label = 'one'): Promise<string> {
    const url = this.world.fleet.registries[SOURCE]?.directUrl ?? '';
    return (await pushImage(url, { repository, tag, labels: { label }, layerBytes: LAYER_BYTES })).digest;
  }

  /** Deletes a tag at the source. */
  async untag(repository: string, tag: string): Promise<void> {
    const url = `${this.world.fleet.registries[SOURCE]?.directUrl ?? ''}/v2/${repository}/manifests/${tag}`;
    const { statusCode, body } = await request(url, { method: 'DELETE' });
    await body.dump();
    if (statusCode !== 202) throw new Error(`DELETE ${url}: status ${statusCode}`);
  }

  /** Asks the API, as long as it takes. */
  async ask<T>(method: Asked['method'], at: string, body?: unknown): Promise<T> {
    return insist<T>(this.world.api, { method, path: at, body }, this.#signal, SYNC_PATIENCE);
  }

  /** Waits until the tag names the image there. */
  async named(repository: string, tag: string, digest: string, registries: readonly string[]): Promise<void> {
    for (const name of registries) {
      await this.until(async () => (await this.eyes[name]?.tag(repository, tag)) === digest);
    }
  }

  async until(what: () => Promise<boolean>): Promise<void> {
    while (!(await what())) await sleep(50, undefined, { signal: this.#signal });
  }

  /** Waits until nothing goes on, as Temporal says it. */
  async rests(): Promise<void> {
    const { workflow } = this.world.client;
    await this.until(async () => (await workflow.count('ExecutionStatus = "Running"')).count === 0);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.world.stop();
  }

  /** Starts the worker again: a start that fails is a loss, too. */
  #revive(): void {
    const worker = this.world.workers['worker'];
    if (this.#isClosed || worker === undefined) return;
    worker.onLost = () => undefined;
    void worker.start().then(
      () => (worker.onLost = () => this.#revive()),
      () => this.#revive(),
    );
  }
}

/** Where lanes keep what is theirs. */
export function laneFolder(dir: string, nth: number): string {
  return path.join(dir, `lane-${nth}`);
}
