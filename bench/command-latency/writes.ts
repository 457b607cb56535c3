import { open } from 'node:fs/promises';
import { ANNOTATION, LABEL } from '../../src/drivers/kubernetes/labels.ts';

/** One change that Transship made to a pod or a set, as an API server's audit log has it. */
export interface Write {
  /** When the API server received it, in ms since 1970. */
  at: number;
  verb: string;
  /** `pods`, `statefulsets`, `pods/eviction`. */
  resource: string;
  /** Empty for what is created under a name that only its body says. */
  name: string;
  body: unknown;
}

interface AuditLine {
  user: { username: string };
  verb: string;
  requestURI: string;
  requestReceivedTimestamp: string;
  objectRef?: { resource: string; subresource?: string; name?: string };
  responseStatus?: { code: number };
  requestObject?: unknown;
}

/** Reads audit logs as they grow. */
export class AuditTail {
  readonly #logs: { path: string; offset: number; rest: string }[];
  readonly #writes: Write[] = [];
  #reading: Promise<unknown> = Promise.resolve();

  constructor(paths: readonly string[]) {
    this.#logs = paths.map((path) => ({ path, offset: 0, rest: '' }));
  }

  /** Every change that reached an API server so far, in the order of their arrival. A change is logged before it is answered. */
  async read(): Promise<readonly Write[]> {
    // One after the other: each goes on where the one before it came to.
    const reading = this.#reading.then(() => this.#readOn());
    this.#reading = reading;
    return reading;
  }

  async #readOn(): Promise<readonly Write[]> {
    for (const log of this.#logs) {
      await using file = await open(log.path);
      const { size } = await file.stat();
      const { bytesRead, buffer } = await file.read(Buffer.alloc(size - log.offset), 0, size - log.offset, log.offset);
      log.offset += bytesRead;
      const lines = (log.rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      log.rest = lines.pop() ?? '';
      for (const line of lines) {
        const write = writeOf(line);
        if (write !== null) this.#writes.push(write);
      }
    }
    return this.#writes.toSorted((a, b) => a.at - b.at);
  }
}

/** Null for what is no change by Transship: reads, trials (dry runs), what was refused. */
export function writeOf(line: string): Write | null {
  const { user, verb, requestURI, requestReceivedTimestamp, objectRef, responseStatus, requestObject } = JSON.parse(
    line,
  ) as AuditLine;
  if (user.username !== 'transship' || !['create', 'update', 'patch', 'delete'].includes(verb)) return null;
  if (requestURI.includes('dryRun=') || objectRef === undefined || (responseStatus?.code ?? 500) >= 300) return null;
  const { resource, subresource, name } = objectRef;
  const named = (requestObject as { metadata?: { name?: string } } | undefined)?.metadata?.name;
  return {
    at: timeOf(requestReceivedTimestamp),
    verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    name: name ?? named ?? '',
    body: requestObject,
  };
}

/** With its microseconds, which Date.parse drops. */
function timeOf(timestamp: string): number {
  const micros = /\.(\d{6})Z$/.exec(timestamp)?.[1];
  return Date.parse(timestamp) + (micros === undefined ? 0 : Number(micros.slice(3)) / 1_000);
}

/** From what to what a release goes. */
export interface Course {
  /** Names of the app's objects begin with it. */
  prefix: string;
  /** Version that is released. */
  version: string;
  /** Digest of its image. */
  digest: string;
  /** When the release was asked for, in ms since 1970. */
  began: number;
}

export type Forward = Write & { what: 'pull' | 'stage' | 'takeOut' | 'deploy' | 'putIn' | 'settle' };

interface PodPatch {
  metadata?: { labels?: Record<string, string | null> };
  spec?: { containers?: { image: string }[] };
}

/**
 * What a release did on its way forward, told from its undo by what it wrote: forward is a pod of the old version taken
 * out, a pod brought to the new version, a pod of the new version put in, a template of the new version.
 * The end of a pod that only pulled is neither: it tidies up. Nor is the mark of a fence, which an undo begins with.
 */
export function forwardOf(writes: readonly Write[], { prefix, version, digest, began }: Course): Forward[] {
  const renewed = new Set<string>();
  const staged = new Set<string>();
  return writes.flatMap((write): Forward[] => {
    if (write.at < began || !write.name.startsWith(prefix)) return [];
    const what = whatForward(write, { version, digest, renewed, staged });
    return what === null ? [] : [{ ...write, what }];
  });
}

function whatForward(
  { verb, resource, name, body }: Write,
  to: { version: string; digest: string; renewed: Set<string>; staged: Set<string> },
): Forward['what'] | null {
  if (resource === 'pods' && verb === 'create') return 'pull';
  if (resource === 'statefulsets' && Array.isArray(body)) {
    const isNew = templateVersion(body) === to.version;
    if (isNew) to.staged.add(name);
    else to.staged.delete(name);
    return isNew ? 'stage' : null;
  }
  if (resource === 'statefulsets') return isMark(body) || !to.staged.has(name) ? null : 'settle';
  if (resource !== 'pods' || verb !== 'patch') return null;
  const { metadata, spec } = body as PodPatch;
  const images = spec?.containers?.map(({ image }) => image) ?? [];
  if (images.length > 0) {
    const isNew = images.some((image) => image.endsWith(to.digest));
    if (isNew) to.renewed.add(name);
    else to.renewed.delete(name);
    return isNew ? 'deploy' : null;
  }
  const inService = metadata?.labels?.[LABEL.inService];
  if (inService === 'no') return to.renewed.has(name) ? null : 'takeOut';
  if (inService === 'yes') return to.renewed.has(name) ? 'putIn' : null;
  return null;
}

function isMark(body: unknown): boolean {
  const { annotations = {} } = (body as { metadata?: { annotations?: object } }).metadata ?? {};
  return ANNOTATION.fence in annotations;
}

/** What a PATCH of a set's template and annotations says the template is of. */
function templateVersion(operations: unknown[]): string | undefined {
  const annotations = (operations as { path: string; value?: Record<string, string> }[]).find(
    ({ path }) => path === '/metadata/annotations',
  );
  return annotations?.value?.[ANNOTATION.version];
}
