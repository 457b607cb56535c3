import { randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';
import type { HarborClocks } from '../config.ts';
import type { WebhookJob, WebhookPolicy, WebhookTarget } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { backOffSeconds } from './back-off.ts';
import { formatted } from './formats.ts';
import { WebhookMishaps } from './mishaps.ts';
import type { HookEvent } from './payload.ts';

/** `webhook_job_max_retry` of harbor.yml, which counts tries, not further tries. */
const MAX_FAILS = 3;
/** So many of the last messages are shown. */
const SHOWN = 1000;

/** What became of a message. */
export interface Delivery {
  job: number;
  policy: number;
  eventType: string;
  address: string;
  body: string;
  /** Of each try: the status, or what went wrong. */
  tries: string[];
  state: 'waiting' | 'delivered' | 'given up' | 'lost';
}

/**
 * Webhooks and the job service that sends them: at once, in no promised order, and again after failures. What has not arrived is kept over
 * a restart, and sent again then.
 */
export class Webhooks {
  readonly mishaps = new WebhookMishaps();
  readonly #store: Store;
  readonly #clocks: HarborClocks;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #agents = new Map<boolean, Agent>();
  readonly #deliveries: Delivery[] = [];
  #closed = false;

  constructor(store: Store, clocks: HarborClocks) {
    this.#store = store;
    this.#clocks = clocks;
    for (const job of store.webhookJobs.all()) this.#after(0, job, this.#shown(job));
  }

  /** The last messages, oldest first. */
  deliveries(): Delivery[] {
    return [...this.#deliveries];
  }

  /** Sends an event to every HTTP target of every policy of the project that asks for it; Slack is told nothing. */
  fire(event: HookEvent): void {
    const requestId = randomUUID();
    const asks = ({ projectId, enabled, eventTypes }: WebhookPolicy): boolean =>
      enabled && projectId === event.projectId && eventTypes.includes(event.type);
    for (const policy of this.#store.webhookPolicies.where(asks))
      for (const target of policy.targets) if (target.type === 'http') this.#send(policy, target, event, requestId);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  #send(policy: WebhookPolicy, target: WebhookTarget, event: HookEvent, requestId: string): void {
    const { contentType, body } = formatted(target.payload_format, event, policy.id, requestId);
    const job: WebhookJob = {
      id: this.#store.nextId('webhookJob'),
      policyId: policy.id,
      eventType: event.type,
      address: target.address,
      skipCertVerify: target.skip_cert_verify,
      headers: {
        'content-type': contentType,
        ...(target.auth_header === undefined || target.auth_header === '' ? {} : { authorization: target.auth_header }),
      },
      body,
      fails: 0,
    };
    const delivery = this.#shown(job);
    const mishap = this.mishaps.befalling(body);
    if (mishap?.kind === 'lose') {
      delivery.state = 'lost';
      return;
    }
    this.#store.webhookJobs.put(job);
    this.#after(mishap?.kind === 'delay' ? mishap.ms : 0, job, delivery);
    if (mishap?.kind !== 'duplicate') return;
    for (let copy = 1; copy < mishap.times; copy++) {
      const again = { ...job, id: this.#store.nextId('webhookJob') };
      this.#store.webhookJobs.put(again);
      this.#after(0, again, this.#shown(again));
    }
  }

  #shown({ id, policyId, eventType, address, body }: WebhookJob): Delivery {
    const delivery: Delivery = { job: id, policy: policyId, eventType, address, body, tries: [], state: 'waiting' };
    this.#deliveries.push(delivery);
    if (this.#deliveries.length > SHOWN) this.#deliveries.shift();
    return delivery;
  }

  #after(ms: number, job: WebhookJob, delivery: Delivery): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#attempt(job, delivery);
    }, ms);
    this.#timers.add(timer);
  }

  async #attempt(job: WebhookJob, delivery: Delivery): Promise<void> {
    const outcome = await this.#post(job);
    if (this.#closed) return;
    delivery.tries.push(outcome);
    const fails = job.fails + 1;
    if (/^2\d\d$/.test(outcome)) delivery.state = 'delivered';
    else if (fails >= MAX_FAILS) delivery.state = 'given up';
    else {
      const failed = { ...job, fails };
      this.#store.webhookJobs.put(failed);
      const { webhookRetries } = this.#clocks;
      const seconds = webhookRetries === undefined ? backOffSeconds(fails) : (webhookRetries[fails - 1] ?? 0);
      this.#after(seconds * 1000, failed, delivery);
      return;
    }
    this.#store.webhookJobs.delete(job);
  }

  /** @returns the status, or what went wrong */
  async #post({ address, headers, body, skipCertVerify }: WebhookJob): Promise<string> {
    try {
      const signal = AbortSignal.timeout(this.#clocks.webhookTimeout * 1000);
      const dispatcher = this.#agent(skipCertVerify);
      const answer = await request(address, { method: 'POST', headers, body, dispatcher, signal });
      await answer.body.dump();
      return String(answer.statusCode);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #agent(skipCertVerify: boolean): Agent {
    const known = this.#agents.get(skipCertVerify);
    if (known !== undefined) return known;
    const agent = new Agent({ connect: { rejectUnauthorized: !skipCertVerify } });
    this.#agents.set(skipCertVerify, agent);
    return agent;
  }
}
