import type { Leader } from '../leader.ts';

/** One request as resources see it. */
export interface Call {
  leader: Leader;
  method: string;
  /** Parts of the path that the route names, decoded. */
  params: string[];
  query: URLSearchParams;
  body: Buffer;
  /** Path as it was asked for. */
  uri: string;
  /** `host:port` that the client named. */
  host: string;
  remoteAddress: string;
  accept: string;
}

export interface Answer {
  status: number;
  /** undefined: no body. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** Java's Boolean.valueOf: anything but `true` is false. @param otherwise where the query does not say */
export function flag({ query }: Call, name: string, otherwise = false): boolean {
  const value = query.get(name);
  return value === null ? otherwise : value.toLowerCase() === 'true';
}

/** The answer to a change: which deployment makes it. */
export function deploymentAnswer(plan: { id: string; version: number }, status = 200): Answer {
  return {
    status,
    body: { version: new Date(plan.version).toISOString(), deploymentId: plan.id },
    headers: { 'Marathon-Deployment-Id': plan.id },
  };
}
