import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'undici';
import { startHarborFleet, type HarborFleet } from '../../devfleet/harbor-fleet.ts';
import { splitCredentials } from '../../devfleet/credentials.ts';
import { sha256, type Blob } from '../../devfleet/images/layer.ts';
import { pushBlob } from '../../devfleet/images/push.ts';

/** Who calls: user and password, the whole header, or nobody. */
export type As = { user: string; password: string } | { authorization: string } | null;

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Parsed, where it is JSON; else undefined. */
  json: unknown;
}

const IMAGE_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const IMAGE_INDEX = 'application/vnd.oci.image.index.v1+json';
const IMAGE_CONFIG = 'application/vnd.oci.image.config.v1+json';

const ACCEPT = `${IMAGE_MANIFEST}, ${IMAGE_INDEX}`;

/** A Harbor double before a real registry, and plain HTTP calls to both. */
export class HarborWorld {
  readonly fleet: HarborFleet;
  readonly admin: As;

  private constructor(fleet: HarborFleet) {
    this.fleet = fleet;
    this.admin = { user: fleet.harbor.user, password: fleet.harbor.password };
  }

  static async start(clocks: NonNullable<Parameters<typeof startHarborFleet>[0]>['clocks'] = {}): Promise<HarborWorld> {
    return new HarborWorld(await startHarborFleet({ clocks }));
  }

  /** A call of Harbor, by whom it is said to be. It takes every kind of manifest, unless its headers say otherwise. */
  async call(
    method: string,
    path: string,
    { as = null, body, headers = {} }: { as?: As; body?: Buffer | object; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const answer = await request(this.fleet.harbor.url + path, {
      method: method as 'GET',
      headers: { accept: ACCEPT, ...authorizationOf(as), ...headers },
      ...(bytes === undefined ? {} : { body: bytes }),
    });
    const said = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text: said, json: parsed(said) };
  }

  /** A call of the API by the admin. */
  api(method: string, path: string, body?: object): Promise<Answer> {
    return this.call(method, `/api/v2.0${path}`, { as: this.admin, ...(body === undefined ? {} : { body }) });
  }

  /** A call of the admin port. @throws Error unless it is a 2xx */
  async hand(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await request(this.fleet.harbor.admin + path, {
      method: method as 'GET',
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const said = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${said}`);
    return parsed(said);
  }

  /** Makes a project. @returns its id */
  async project(name: string, more: object = {}): Promise<number> {
    const { status, headers, text: said } = await this.api('POST', '/projects', { project_name: name, ...more });
    if (status !== 201) throw new Error(`project ${name}: ${status} ${said}`);
    return Number(String(headers.location).split('/').at(-1));
  }

  /** Makes a robot of a project. @param rights `repository:push` */
  async robot(project: string, name: string, rights: string[], level: 'project' | 'system' = 'project'): Promise<As> {
    const access = rights.map((right) => ({ resource: right.split(':')[0], action: right.split(':')[1] }));
    const body = { name, level, duration: -1, permissions: [{ kind: 'project', namespace: project, access }] };
    const { status, json, text: said } = await this.api('POST', '/robots', body);
    if (status !== 201) throw new Error(`robot ${name}: ${status} ${said}`);
    const made = json as { name: string; secret: string };
    return { user: made.name, password: made.secret };
  }

  /** URL of Harbor with the credentials in it, as devfleet's push takes it. */
  urlAs(as: { user: string; password: string }): string {
    const url = new URL(this.fleet.harbor.url);
    url.username = encodeURIComponent(as.user);
    url.password = encodeURIComponent(as.password);
    return url.href.replace(/\/$/, '');
  }

  get adminUrl(): string {
    return this.urlAs(this.fleet.harbor);
  }

  /** Pushes an image of one layer under a tag, or by digest. @returns its manifest */
  async push(
    repository: string,
    reference: string | null,
    { seed = repository, more = {} }: { seed?: string; more?: object } = {},
  ): Promise<Blob> {
    const manifest = await this.blobsOf(repository, seed, more);
    const put = await this.putManifest(repository, reference ?? manifest.digest, manifest);
    if (put.status !== 201) throw new Error(`push ${repository}: ${put.status} ${put.text}`);
    return manifest;
  }

  /** Uploads the blobs of an image. @returns the manifest that names them */
  async blobsOf(repository: string, seed: string, more: object = {}): Promise<Blob> {
    const config = blob(IMAGE_CONFIG, `{"config":"${seed}"}`);
    const layer = blob('application/vnd.oci.image.layer.v1.tar', `layer of ${seed} ${'.'.repeat(1000)}`);
    for (const one of [config, layer]) await pushBlob(this.adminUrl, repository, one);
    const document = {
      schemaVersion: 2,
      mediaType: IMAGE_MANIFEST,
      config: descriptor(config),
      layers: [descriptor(layer)],
      ...more,
    };
    return blob(IMAGE_MANIFEST, JSON.stringify(document));
  }

  putManifest(repository: string, reference: string, manifest: Blob, as: As = this.admin): Promise<Answer> {
    return this.call('PUT', `/v2/${repository}/manifests/${reference}`, {
      as,
      body: manifest.bytes,
      headers: { 'content-type': manifest.mediaType },
    });
  }

  /** By a client that sent no credentials first: challenge, token, call. */
  async withToken(method: string, path: string, as: As): Promise<{ challenge: string; token: Answer; answer: Answer }> {
    const challenge = String((await this.call(method, path)).headers['www-authenticate']);
    const { realm = '', service = '', scope } = parameters(challenge);
    const query = new URLSearchParams({ service, ...(scope === undefined ? {} : { scope }) });
    const token = await this.call('GET', `${new URL(realm).pathname}?${query.toString()}`, { as });
    const authorization = `Bearer ${String((token.json as { token?: string } | undefined)?.token)}`;
    return { challenge, token, answer: await this.call(method, path, { as: { authorization } }) };
  }

  stop(): Promise<void> {
    return this.fleet.stop();
  }
}

export function blob(mediaType: string, content: string): Blob {
  const bytes = Buffer.from(content);
  return { mediaType, digest: sha256(bytes), bytes };
}

export function descriptor({ mediaType, digest, bytes }: Blob): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest, size: bytes.length };
}

/** `key="value"` of a challenge. */
export function parameters(challenge: string): Record<string, string | undefined> {
  const pairs = [...challenge.matchAll(/(\w+)="([^"]*)"/g)];
  return Object.fromEntries(pairs.map(([, key = '', value]): [string, string | undefined] => [key, value]));
}

function authorizationOf(as: As): { authorization?: string } {
  if (as === null) return {};
  if ('authorization' in as) return as;
  const { user, password } = as;
  return splitCredentials(`http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@harbor`).headers;
}

function parsed(said: string): unknown {
  try {
    return JSON.parse(said) as unknown;
  } catch {
    return undefined;
  }
}
