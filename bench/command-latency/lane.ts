import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Platform } from '../../devfleet/platform.ts';
import { SHOP, shopApp, type ShopPlace } from '../../devfleet/shop.ts';
import type { Catalogue, EventRow } from '../../src/catalogue/index.ts';
import type { ReleaseState } from '../../src/domain/states.ts';
import type { ReleaseConfigRequest } from '../../src/http/schemas/config.ts';
import { releaseWorkflowId } from '../../src/temporal/names.ts';
import type { Phase, Stop } from './phases.ts';

/** How long a release may take to get anywhere, in ms. */
const PATIENCE_MS = 60_000;

export interface LaneParts {
  platform: Platform;
  catalogue: Catalogue;
  client: Client;
}

/** Where a release stands, by its events. */
export interface Standing {
  state: ReleaseState;
  /** Steps that have begun and not ended, `takeOut web-1`. */
  open: Set<string>;
  ended: boolean;
}

/** An app that releases are stopped on, one at a time. */
export class Lane {
  readonly app: string;
  /** The good version that it rests on. */
  released = 'v1';
  readonly #parts: LaneParts;

  constructor(parts: LaneParts, app: string) {
    this.#parts = parts;
    this.app = app;
  }

  /** Applies the app and releases v1. */
  async settle(places: ShopPlace[]): Promise<void> {
    await this.#parts.platform.rest('PUT', `/v1/apps/${this.app}`, shopApp(places, { app: this.app }));
    const state = await this.end(await this.release('v1', {}));
    if (state !== 'SUCCESS') throw new Error(`the first release of ${this.app} is ${state}`);
  }

  /** Names of its pods and sets begin with it. */
  get prefix(): string {
    return `${this.app}-${SHOP.group}-`;
  }

  /** Starts a release; its id. */
  async release(version: string, config: ReleaseConfigRequest): Promise<string> {
    const body = { app: this.app, env: SHOP.env, version, config };
    return (await this.#parts.platform.rest<{ id: string }>('POST', '/v1/releases', body)).id;
  }

  /** Waits until the release stands in the phase. False: it has ended, or went on without having stood there. */
  async reaches(id: string, phase: Phase): Promise<boolean> {
    const at = await this.#until(id, (standing) => isIn(phase, standing) || standing.ended);
    return isIn(phase, at);
  }

  /** Did the release stand in the phase at that moment, in ms since 1970? */
  async wasIn(id: string, phase: Phase, at: number): Promise<boolean> {
    const before = (await this.#events(id)).filter((event) => Date.parse(event.at) <= at);
    return isIn(phase, standingOf(before));
  }

  /** Steps that change something whose first attempt began between two moments, in ms since 1970. Ignition only looks. */
  async begunBetween(id: string, from: number, to: number): Promise<string[]> {
    return (await this.#events(id))
      .filter(({ kind, outcome, attempt }) => kind === 'step' && outcome === 'begun' && attempt === 1)
      .filter(({ step }) => step !== 'ignite')
      .filter(({ at }) => Date.parse(at) > from && Date.parse(at) < to)
      .map(({ step, instance }) => `${step} ${instance ?? ''}`);
  }

  /** Waits until no step is under way, and has not been for `forMs`. */
  async stills(id: string, forMs: number): Promise<void> {
    for (let since = Date.now(); Date.now() - since < forMs;) {
      await sleep(100);
      if (standingOf(await this.#events(id)).open.size > 0) since = Date.now();
    }
  }

  /** Sends the command. @returns when it was sent, and when it was answered; null where it came too late */
  async command(id: string, command: Stop): Promise<{ sent: number; answered: number } | null> {
    // The API servers' clock.
    const sent = Date.now();
    try {
      await this.#parts.platform.rest('POST', `/v1/releases/${id}/commands`, { command });
    } catch (error) {
      if (error instanceof Error && error.message.includes(': 409 ')) return null;
      throw error;
    }
    return { sent, answered: Date.now() };
  }

  /** Waits until the release has ended. @returns its last state */
  async end(id: string): Promise<ReleaseState> {
    await this.#parts.client.workflow
      .getHandle(releaseWorkflowId(id))
      .result()
      .catch(() => undefined);
    return (await this.#parts.catalogue.operations.get(id))?.state ?? 'PENDING';
  }

  async #events(id: string): Promise<EventRow[]> {
    return this.#parts.catalogue.events.list(id, 0, 10_000);
  }

  async #until(id: string, holds: (standing: Standing) => boolean): Promise<Standing> {
    let wake: () => void = () => undefined;
    const unwatch = await this.#parts.catalogue.events.watch(id, () => {
      wake();
    });
    try {
      for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline;) {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        const ended = (await this.#parts.catalogue.operations.get(id))?.endedAt !== null;
        const standing = { ...standingOf(await this.#events(id)), ended };
        if (holds(standing)) return standing;
        await Promise.race([woken, sleep(500)]);
      }
      throw new Error(`release ${id} of ${this.app} stands still for ${PATIENCE_MS / 1_000} s`);
    } finally {
      await unwatch();
    }
  }
}

function isIn({ states, step }: Phase, { state, open }: Standing): boolean {
  return states.includes(state) && (step === undefined || [...open].some((one) => one.startsWith(`${step} `)));
}

function standingOf(events: EventRow[]): Standing {
  const open = new Set<string>();
  let state: ReleaseState = 'PENDING';
  for (const { root, operation, kind, step, instance, outcome } of events) {
    // The release as a whole has states too.
    if (kind === 'state' && operation !== root) state = step as ReleaseState;
    if (kind !== 'step') continue;
    if (outcome === 'begun') open.add(`${step} ${instance ?? ''}`);
    else open.delete(`${step} ${instance ?? ''}`);
  }
  return { state, open, ended: false };
}
