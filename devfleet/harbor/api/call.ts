import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Caller } from '../access/caller.ts';
import type { Harbor } from '../harbor.ts';
import { Refusal } from '../refusal.ts';
import type { Project } from '../store/rows.ts';

/** One call of Harbor's own API. */
export interface ApiCall {
  harbor: Harbor;
  caller: Caller;
  /** Path as it was sent, decoded once; without the query. */
  path: string;
  /** Of the pattern's `:names`. */
  params: Record<string, string>;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined: none was sent. */
  body: unknown;
}

export interface ApiAnswer {
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
  /** Sent as JSON, a string as plain text. Default: nothing. */
  body?: object | string;
}

export type ApiHandler = (call: ApiCall) => ApiAnswer;

/** Calls by method and path below `/api/v2.0`. */
export type ApiRoutes = Record<`${'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'} /${string}`, ApiHandler>;

/** @returns 201 with where it is */
export function created({ path }: ApiCall, id: number | string): ApiAnswer {
  return { status: 201, headers: { location: `${path.replace(/\/$/, '')}/${id}` } };
}

/** Body by its schema. @throws Refusal UNPROCESSABLE_ENTITY, as go-swagger does; its texts are not the same word for word */
export function bodyOf<T>({ body }: ApiCall, schema: z.ZodType<T>, name: string): T {
  if (body === undefined)
    throw new Refusal('UNPROCESSABLE_ENTITY', `validation failure list:\n${name} in body is required`);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Refusal('UNPROCESSABLE_ENTITY', `validation failure list:\n${z.prettifyError(parsed.error)}`);
}

/**
 * The project that a path names, by name or id; with `X-Is-Resource-Name` a number is a name, too.
 * @returns `what`: as messages name it
 */
export function projectParam({ harbor, params, headers }: ApiCall): { project: Project | undefined; what: string } {
  const what = params.project ?? '';
  const isName = headers['x-is-resource-name'] === 'true' || !/^\d+$/.test(what);
  const project = isName
    ? harbor.store.projects.get(what)
    : harbor.store.projects.find(({ id }) => id === Number(what));
  return { project, what };
}

/** The project of a path that takes names alone. */
export function projectByName({ harbor, params }: ApiCall): { project: Project | undefined; what: string } {
  const what = params.project ?? '';
  return { project: harbor.store.projects.get(what), what };
}

/** @throws Refusal NOT_FOUND */
export function existing({ project, what }: { project: Project | undefined; what: string }): Project {
  if (project === undefined) throw new Refusal('NOT_FOUND', `project ${what} not found`);
  return project;
}

/** Repository of a path: below its project, and encoded twice where it has slashes. */
export function repositoryParam({ params }: ApiCall): string {
  let name = params.repository ?? '';
  try {
    name = decodeURIComponent(name);
  } catch {
    // A % of its own: there is no such repository.
  }
  return `${params.project ?? ''}/${name}`;
}

/** An id in a path. @throws Refusal UNPROCESSABLE_ENTITY */
export function idParam({ params }: ApiCall, name: string): number {
  const text = params[name] ?? '';
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new Refusal(
    'UNPROCESSABLE_ENTITY',
    `validation failure list:\n${name} in path must be of type int64: "${text}"`,
  );
}

/** What Go leaves out of JSON: empty strings, zeros, false, empty lists and maps. */
export function withoutEmpty<T extends object>(value: T): Partial<T> {
  const isEmpty = (one: unknown): boolean =>
    one === undefined ||
    one === null ||
    one === '' ||
    one === 0 ||
    one === false ||
    (Array.isArray(one) && one.length === 0) ||
    (typeof one === 'object' && !Array.isArray(one) && Object.keys(one).length === 0);
  return Object.fromEntries(Object.entries(value).filter(([, one]) => !isEmpty(one))) as Partial<T>;
}
