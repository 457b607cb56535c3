import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { MERGE } from './api.ts';
import type { NodeApi } from './node-api.ts';
import { apiTime, type Pod } from './pod.ts';

const REPEAT_MS = 10_000;
const MAX_QUEUED = 1000;

interface Posted {
  name: string;
  namespace: string;
  count: number;
  /** When the count was last written. */
  at: number;
}

/** Writes Events of one node's pods, one after the other, behind everything else; a repeated one only counts up. */
export class Events {
  readonly #api: NodeApi;
  readonly #component: string;
  readonly #node: string;
  readonly #log: Logger;
  readonly #posted = new Map<string, Posted>();
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;

  /** @param component who says it, e.g. kubelet */
  constructor(api: NodeApi, component: string, node: string, log: Logger) {
    this.#api = api;
    this.#component = component;
    this.#node = node;
    this.#log = log;
  }

  emit(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void {
    // The kubelet drops events too, when it has too many.
    if (this.#queued >= MAX_QUEUED) return;
    this.#queued++;
    const now = new Date();
    this.#queue = this.#queue
      .then(() => this.#write(pod, { type, reason, message, container, now }))
      .catch((error: unknown) => this.#log.debug({ err: String(error) }, 'event not written'))
      .finally(() => this.#queued--);
  }

  /** Forgets what was written about a pod that is gone. */
  forget(uid: string): void {
    for (const key of this.#posted.keys()) if (key.startsWith(uid)) this.#posted.delete(key);
  }

  async #write(
    pod: Pod,
    event: { type: string; reason: string; message: string; container: string | undefined; now: Date },
  ): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const { type, reason, message, container, now } = event;
    const key = [uid, container, reason, message].join('\n');
    const at = apiTime(now);
    const before = this.#posted.get(key);
    if (before !== undefined) {
      before.count++;
      if (now.getTime() - before.at < REPEAT_MS) return;
      before.at = now.getTime();
      const body = { count: before.count, lastTimestamp: at };
      await this.#api.request({
        method: 'PATCH',
        path: `/api/v1/namespaces/${namespace}/events/${before.name}`,
        contentType: MERGE,
        body,
      });
      return;
    }
    const posted: Posted = {
      name: `${name}.${randomBytes(8).toString('hex')}`,
      namespace,
      count: 1,
      at: now.getTime(),
    };
    this.#posted.set(key, posted);
    await this.#api.request({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/events`,
      body: {
        metadata: { name: posted.name, namespace },
        involvedObject: {
          apiVersion: 'v1',
          kind: 'Pod',
          namespace,
          name,
          uid,
          ...(container === undefined ? {} : { fieldPath: `spec.containers{${container}}` }),
        },
        reason,
        message,
        type,
        count: 1,
        firstTimestamp: at,
        lastTimestamp: at,
        source: { component: this.#component, host: this.#node },
        reportingComponent: this.#component,
        reportingInstance: this.#node,
      },
    });
  }
}
