import { TransshipError } from '../../../domain/errors.ts';
import type { ApiServer } from '../../kubernetes/api.ts';
import { paths } from '../../kubernetes/paths.ts';
import type { ControllerRevision, Template } from '../../kubernetes/resources.ts';

/** Enough for the live revisions of a busy cluster; the oldest is forgotten first. */
const KEPT = 500;

/** The templates behind revision names. A revision never changes, so each is read once. */
export class Revisions {
  readonly #api: ApiServer;
  readonly #templates = new Map<string, Promise<Template | null>>();

  constructor(api: ApiServer) {
    this.#api = api;
  }

  /** Null where the revision does not exist any more. */
  async find(namespace: string, revision: string): Promise<Template | null> {
    const key = `${namespace}/${revision}`;
    const known = this.#templates.get(key) ?? this.#read(namespace, revision);
    this.#templates.set(key, known);
    const [oldest] = this.#templates.keys();
    if (this.#templates.size > KEPT && oldest !== undefined) this.#templates.delete(oldest);
    // Absence and errors are not kept: the next who asks reads again.
    const template = await known.catch((error: unknown) => {
      this.#templates.delete(key);
      throw error;
    });
    if (template === null) this.#templates.delete(key);
    return template;
  }

  async #read(namespace: string, revision: string): Promise<Template | null> {
    const found = await this.#api.get<ControllerRevision>(paths.revisions(namespace, revision));
    if (found === null) return null;
    // The controller stores the template as a patch that replaces.
    const template = { ...found.data.spec.template };
    delete template.$patch;
    return template;
  }

  /** @throws NOT_FOUND */
  async get(namespace: string, revision: string): Promise<Template> {
    const template = await this.find(namespace, revision);
    if (template !== null) return template;
    throw new TransshipError('NOT_FOUND', `revision ${revision} is not in ${this.#api.name}/${namespace}`);
  }
}
