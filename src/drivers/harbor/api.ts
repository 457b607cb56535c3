import { z } from 'zod';
import type { RegistryClient } from '../../registry/client.ts';
import { RegistryError } from '../../registry/errors.ts';

// Harbor's own API (api/v2.0/swagger.yaml of goharbor/harbor, v2.16). It takes the credential itself, by Basic: tokens of its
// token service are good for the distribution API alone.

export interface HarborCall {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v2.0`: see `harborPath`. */
  path: string;
  query?: Record<string, string>;
  /** Sent as JSON. */
  body?: object;
  /** Statuses to return; any other one is thrown. */
  accept: readonly number[];
  signal?: AbortSignal | undefined;
}

/** Rows of a list at once: no list of Harbor gives more. */
const PAGE = 100;

export interface HarborAnswer {
  status: number;
  /** Body; null where it is none, or no JSON. */
  json: unknown;
}

/**
 * One call, with the limits, the retries and the error codes of the registry's client.
 * @throws RegistryError
 */
export async function callHarbor(client: RegistryClient, call: HarborCall): Promise<HarborAnswer> {
  const { method, path, query = {}, body, accept, signal } = call;
  const search = new URLSearchParams(query).toString();
  const answer = await client.send({
    method,
    target: `/api/v2.0${path}${search === '' ? '' : `?${search}`}`,
    scopes: null,
    headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
    accept,
    signal,
  });
  const text = await answer.body.text().catch((error: unknown) => {
    signal?.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw new RegistryError('REGISTRY_UNREACHABLE', `${method} ${client.url.host}${path}: ${why}`, { cause: error });
  });
  return { status: answer.status, json: jsonOf(text) };
}

/**
 * All pages of a list.
 * @param row of which it consists
 * @throws RegistryError, also where what came is no such list
 */
export async function listHarbor<T>(
  client: RegistryClient,
  path: string,
  row: z.ZodType<T>,
  signal?: AbortSignal,
): Promise<T[]> {
  const rows: T[] = [];
  for (let page = 1; ; page++) {
    const paging = { page: String(page), page_size: String(PAGE) };
    const { json } = await callHarbor(client, { method: 'GET', path, query: paging, accept: [200], signal });
    const some = readHarbor(client, path, z.array(row).nullable(), json) ?? [];
    rows.push(...some);
    if (some.length < PAGE) return rows;
  }
}

/** @throws REGISTRY_REFUSED where it is not what a Harbor answers */
export function readHarbor<T>({ url }: RegistryClient, path: string, schema: z.ZodType<T>, json: unknown): T {
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const why = `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim();
  throw new RegistryError('REGISTRY_REFUSED', `${url.host}${path} answers not as a Harbor does: ${why}`);
}

/** Path of parts that may hold anything; a repository is to be encoded before: see `repositoryPath`. */
export function harborPath(...parts: string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join('');
}

/**
 * `/projects/{project}/repositories/{repository}`. Slashes in what follows the project are encoded twice, as Harbor's router
 * decodes paths before it looks at them.
 * @throws REGISTRY_REFUSED where the name has no project
 */
export function repositoryPath(name: string): string {
  const project = projectOf(name);
  return harborPath('projects', project, 'repositories', encodeURIComponent(name.slice(project.length + 1)));
}

/**
 * The project that a repository of a Harbor is in.
 * @throws REGISTRY_REFUSED where the name has none
 */
export function projectOf(repository: string): string {
  const slash = repository.indexOf('/');
  if (slash > 0) return repository.slice(0, slash);
  const message = `"${repository}" has no project, as every repository of a Harbor has: <project>/<repository>`;
  throw new RegistryError('REGISTRY_REFUSED', message);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
