import createClient, { type Client } from 'openapi-fetch';
import type { Problem } from '../domain/problem.ts';
import type { paths } from '../http/openapi.d.ts';
import { EXIT } from './exit.ts';
import { Failure, fromProblem } from './failure.ts';
import type { Terminal } from './terminal.ts';

export const DEFAULT_API = 'http://127.0.0.1:8080';

/** The API as the CLI calls it. */
export interface Api {
  url: string;
  headers: Record<string, string>;
  client: Client<paths>;
}

export function connectApi(url: string, terminal: Terminal): Api {
  const base = url.replace(/\/+$/, '');
  if (!URL.canParse(base))
    throw new Failure(EXIT.usage, `--api ${JSON.stringify(url)} is no URL`, { next: `Write it like ${DEFAULT_API}` });
  const headers = { 'user-agent': 'transship-cli/1', 'x-transship-actor': encodeURIComponent(terminal.user()) };
  return { url: base, headers, client: createClient<paths>({ baseUrl: base, headers }) };
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/**
 * What the API answered.
 * @throws Failure with the problem it answered instead, or when nobody answers
 */
export async function call<T>({ url }: Pick<Api, 'url'>, request: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await request;
  } catch (error) {
    throw unreachable(url, error);
  }
  if (answer.response.ok) return answer.data as T;
  throw refusal(url, answer.response.status, answer.error);
}

export function unreachable(url: string, error: unknown): Failure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason =
    cause instanceof Error ? cause.message || ('code' in cause ? String(cause.code) : cause.name) : String(cause);
  return new Failure(EXIT.unreachable, `the API at ${url} does not answer: ${reason}`, {
    next: 'Start it (npm run api), or name another with --api or TRANSSHIP_API.',
    cause: error,
  });
}

/** An answer that is no success, as a failure. Something else than the API may answer there, without a problem. */
export function refusal(url: string, status: number, body: unknown): Failure {
  if (isProblem(body)) return fromProblem(body);
  return new Failure(EXIT.unreachable, `${url} answered ${status}, and not as the API of Transship does`, {
    next: 'Check --api or TRANSSHIP_API, and what stands between.',
  });
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body && 'status' in body;
}
