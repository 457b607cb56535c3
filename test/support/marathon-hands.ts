import { request } from 'undici';
import type { AzSetRef } from '../../src/domain/types.ts';
import type { SetState } from '../../src/drivers/marathon/state.ts';

/** An app as Marathon shows it, as far as tests look. */
export interface ShownApp {
  id: string;
  instances: number;
  version: string;
  labels: Record<string, string>;
  env: Record<string, string>;
  tasks: { id: string; state: string }[];
}

const RECORD = /\/record-(\d+)$/;

/** Number of the record that the app is; null for others. */
export function sequenceIn(id: string): number | null {
  const found = RECORD.exec(id)?.[1];
  return found === undefined ? null : Number(found);
}

/** Those who act on a Marathon beside us: people with curl, drains, autoscalers. */
export class MarathonHands {
  readonly #url: string;

  /** @param url of any process, not over the link */
  constructor(url: string) {
    this.#url = url;
  }

  /** Apps in the folder of a set, its records among them. */
  async apps({ namespace, name }: Pick<AzSetRef, 'namespace' | 'name'>): Promise<ShownApp[]> {
    return this.under(`${namespace}/${name}`);
  }

  /** Apps in a folder, however deep. */
  async under(folder: string): Promise<ShownApp[]> {
    const asked = encodeURIComponent(`/${folder}/`);
    const { apps } = (await this.#call('GET', `/v2/apps?id=${asked}&embed=apps.tasks`)) as { apps: ShownApp[] };
    return apps.filter(({ id }) => id.startsWith(`/${folder}/`));
  }

  /** The record that counts, and its app; null where the set does not exist. */
  async record(set: AzSetRef): Promise<{ app: ShownApp; state: SetState } | null> {
    const records = (await this.apps(set)).filter(({ id }) => sequenceIn(id) !== null);
    const [app] = records.sort((a, b) => (sequenceIn(b.id) ?? 0) - (sequenceIn(a.id) ?? 0));
    if (app === undefined) return null;
    return { app, state: JSON.parse(app.labels['transship.dev/state'] ?? '') as SetState };
  }

  /** The apps that are no records. */
  async revisions(set: AzSetRef): Promise<ShownApp[]> {
    return (await this.apps(set)).filter(({ id }) => sequenceIn(id) === null);
  }

  async dropRecords(set: AzSetRef): Promise<void> {
    for (const { id } of await this.apps(set)) {
      if (sequenceIn(id) !== null) await this.#call('DELETE', `/v2/apps${id}?force=false`);
    }
  }

  async create(app: object): Promise<void> {
    await this.#call('POST', '/v2/apps?force=false', app);
  }

  /** Takes an app away, whatever holds it. */
  async remove(id: string): Promise<void> {
    await this.#call('DELETE', `/v2/apps${id}?force=true`);
  }

  /** @throws where the app is locked */
  async change(id: string, app: object): Promise<void> {
    await this.#call('PATCH', `/v2/apps${id}?force=false`, app);
  }

  /** Takes back deployments under way of apps below that prefix. */
  async rollBackDeployments(prefix: string): Promise<void> {
    const all = (await this.#call('GET', '/v2/deployments')) as { id: string; affectedApps: string[] }[];
    for (const { id, affectedApps } of all)
      if (affectedApps.some((app) => app.startsWith(prefix)))
        await this.#call('DELETE', `/v2/deployments/${id}?force=false`);
  }

  /** Ends a task; Marathon launches another one in its stead. */
  async kill(task: string): Promise<void> {
    await this.#call('POST', '/v2/tasks/delete?scale=false&wipe=false&force=false', { ids: [task] });
  }

  /** Null where Marathon lists it no more. */
  async taskState(set: AzSetRef, task: string): Promise<string | null> {
    const tasks = (await this.apps(set)).flatMap(({ tasks: listed }) => listed);
    return tasks.find(({ id }) => id === task)?.state ?? null;
  }

  async #call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const answer = await request(`${this.#url}${path}`, {
      method,
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${String(answer.statusCode)} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }
}
