import type { z } from 'zod';
import { TransshipError } from '../../domain/errors.ts';
import { authorizationOf, type Credential } from '../elected/authorization.ts';
import { ElectedCalls, type Call } from '../elected/calls.ts';
import { OPENED, WakeFeed, type Notice } from '../elected/feed.ts';
import { Silence } from '../kubernetes/silence.ts';
import { isOver } from '../mesos/states.ts';
import { isStatus, refusal } from './errors.ts';
import {
  appsSchema,
  changedSchema,
  deploymentsSchema,
  queueSchema,
  type App,
  type Deployment,
  type Queued,
} from './resources.ts';
import { serverSentEvents } from './sse.ts';

/** Asked just before a change, at every attempt. */
type Before = () => Promise<void>;

/** Never force: the default of some calls is true in the code, whatever is documented (AppTasksResource.scala). */
const UNFORCED = { force: 'false' } as const;

/** A stream that sent nothing for so long, not even the empty line of every few seconds, is dead. Milliseconds. */
const STREAM_SILENCE_MS = 90_000;

/** Of the events only those after which a look may find something. */
const EVENTS = [
  'instance_changed_event',
  'instance_health_changed_event',
  'status_update_event',
  'deployment_success',
  'deployment_failed',
] as const;

export interface MarathonOptions {
  /** Name of the cluster, for messages. */
  name: string;
  /** `http(s)://host:port` of every Marathon process. */
  urls: readonly string[];
  credential?: Credential | undefined;
  /** Without an answer for so long it counts as lost. Seconds. Default: 60. */
  lostAfterSeconds?: number | undefined;
  /** See ElectedOptions. */
  attemptMs?: number | undefined;
  deadlineMs?: number | undefined;
}

/** The calls of Marathon's REST API v2 that we need. Errors are TransshipError; refusals MarathonError. */
export class Marathon {
  /** Name of its cluster, for messages. */
  readonly name: string;
  /** Wakes whoever waits for tasks and deployments. */
  readonly events: WakeFeed;
  readonly #calls: ElectedCalls;
  readonly #silence: Silence;

  constructor({ name, urls, credential, lostAfterSeconds = 60, attemptMs, deadlineMs }: MarathonOptions) {
    this.name = name;
    this.#silence = new Silence(lostAfterSeconds * 1_000);
    this.#calls = new ElectedCalls({
      name: `Marathon of ${name}`,
      urls,
      authorization: authorizationOf(credential),
      attemptMs,
      deadlineMs,
      leaderHeader: 'x-marathon-leader',
    });
    this.events = new WakeFeed((signal) => this.#stream(signal));
  }

  /**
   * Apps whose id contains the text, with their tasks and deployments, in one answer. Empty where there is none. An instance
   * that waits to be launched again is listed with its last task, in the state in which that ended (AppInfoBaseData.scala):
   * such a one is left out here.
   */
  async apps(idPart: string): Promise<App[]> {
    const path = withQuery('/v2/apps', {
      id: idPart,
      embed: ['apps.tasks', 'apps.deployments', 'apps.lastTaskFailure'],
    });
    const { apps } = await this.#read(path, appsSchema);
    return apps.map((app) => ({ ...app, tasks: app.tasks.filter(({ state }) => !isOver(state)) }));
  }

  /** @throws MarathonError 409 where it exists, or is locked; APP_INVALID */
  async create(app: { id: string; [field: string]: unknown }, before: Before): Promise<void> {
    await this.#change({ method: 'POST', path: withQuery('/v2/apps', UNFORCED), body: app, before });
  }

  /**
   * The only change of an app that restarts none of its tasks.
   * @throws MarathonError 404, 409
   */
  async scale(id: string, instances: number, before: Before): Promise<void> {
    // PATCH, and not PUT: that one creates an app that is not there.
    const path = withQuery(`/v2/apps${encoded(id)}`, UNFORCED);
    await this.#change({ method: 'PATCH', path, body: { instances }, before });
  }

  /** Ends its tasks, too. Does nothing where it does not exist. */
  async remove(id: string, before: Before): Promise<void> {
    try {
      await this.#change({ method: 'DELETE', path: withQuery(`/v2/apps${encoded(id)}`, UNFORCED), before });
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
  }

  /**
   * Ends one task. With `scale` its app is one instance smaller; without, Marathon launches another one, and no lock
   * stands in the way: that is no deployment.
   * That a task is unknown is not told reliably: with `scale` the answer is 200 with an empty deployment, or 404 `Path …`
   * where the app has no instance left (TaskKiller.scala). So 404 is no error here, and whoever calls looks afresh.
   */
  async kill(appId: string, taskId: string, { scale }: { scale: boolean }, before: Before): Promise<void> {
    const query = { scale: String(scale), wipe: 'false', ...UNFORCED };
    const path = withQuery(`/v2/apps${encoded(appId)}/tasks/${encodeURIComponent(taskId)}`, query);
    try {
      await this.#change({ method: 'DELETE', path, before });
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
  }

  /**
   * Ends tasks of any apps by one deployment, each app by as many instances smaller. What is unknown is ignored.
   * @throws MarathonError 409 where one of the apps is locked
   */
  async killAndScale(taskIds: readonly string[], before: Before): Promise<void> {
    const path = withQuery('/v2/tasks/delete', { scale: 'true', wipe: 'false', ...UNFORCED });
    await this.#change({ method: 'POST', path, body: { ids: taskIds }, before });
  }

  /**
   * Takes a deployment back by another one, which Marathon makes of what stands now. Does nothing where it has ended.
   * With force=true it would be left half done (DeploymentsResource.scala).
   */
  async rollBack(deploymentId: string, before: Before): Promise<void> {
    const path = withQuery(`/v2/deployments/${encodeURIComponent(deploymentId)}`, UNFORCED);
    try {
      await this.#change({ method: 'DELETE', path, before });
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
  }

  /** What Marathon is bringing about now. */
  async deployments(): Promise<Deployment[]> {
    return this.#read('/v2/deployments', deploymentsSchema);
  }

  /** What waits to be launched, and why it is not. */
  async queue(signal?: AbortSignal): Promise<Queued[]> {
    return (await this.#read('/v2/queue', queueSchema, signal)).queue;
  }

  /**
   * Lets the next task of an app be launched at once, whatever failed before.
   * @throws MarathonError 404 where none of it waits to be launched
   */
  async dropDelay(appId: string, before: Before): Promise<void> {
    await this.#change({ method: 'DELETE', path: `/v2/queue${encoded(appId)}/delay`, before });
  }

  /** Ends its connections. */
  async close(): Promise<void> {
    this.events.close();
    await this.#calls.close();
  }

  async #read<T extends z.ZodType>(path: string, schema: T, signal?: AbortSignal): Promise<z.output<T>> {
    const call: Call = { method: 'GET', path };
    return this.#parsed(call, await this.#ask(call, signal), schema);
  }

  async #change(call: Call): Promise<void> {
    const text = await this.#ask(call);
    // A bare list of tasks is what kills answer.
    if (call.method === 'PATCH' || call.method === 'POST') this.#parsed(call, text, changedSchema);
  }

  async #ask(call: Call, signal?: AbortSignal): Promise<string> {
    try {
      const { status, text } = await this.#calls.send(call, signal);
      if (status >= 400) throw refusal(`${call.method} ${call.path} in ${this.name}`, status, text);
      this.#silence.broken();
      return text;
    } catch (error) {
      signal?.throwIfAborted();
      throw this.#silence.weigh(error, this.name);
    }
  }

  #parsed<T extends z.ZodType>(call: Call, text: string, schema: T): z.output<T> {
    const said = `${call.method} ${call.path} in ${this.name}`;
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch (error) {
      throw new TransshipError('CLUSTER_UNREACHABLE', `${said}: the answer is no JSON: ${text.slice(0, 100)}`, {
        cause: error,
      });
    }
    const { success, data, error } = schema.safeParse(body);
    if (success) return data;
    const [issue] = error.issues;
    const where = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
    throw new TransshipError('CLUSTER_UNREACHABLE', `${said}: this is no answer of Marathon: ${where}`);
  }

  async *#stream(signal: AbortSignal): AsyncGenerator<Notice> {
    // Before 1.7 a deployment's event tells every app of the cluster twice, unless it is asked not to (changelog.md, 1.6).
    const path = withQuery('/v2/events', { event_type: EVENTS, 'plan-format': 'light' });
    const call: Call = { method: 'GET', path, headers: { accept: 'text/event-stream' } };
    const body = await this.#calls.open(call, signal, STREAM_SILENCE_MS);
    yield { type: OPENED, data: null };
    for await (const { event, data } of serverSentEvents(body)) yield { type: event, data: jsonOf(data) };
  }
}

/** Segments are encoded, slashes stand: `/shop/web` → `/shop/web`. */
function encoded(id: string): string {
  return id.split('/').map(encodeURIComponent).join('/');
}

function withQuery(path: string, query: Record<string, string | readonly string[]>): string {
  const search = new URLSearchParams();
  for (const [key, values] of Object.entries(query)) for (const value of [values].flat()) search.append(key, value);
  return `${path}?${search.toString()}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
