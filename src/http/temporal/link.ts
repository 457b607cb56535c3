import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { TransshipError } from '../../domain/errors.ts';
import { NAMESPACE } from '../../temporal/names.ts';

/** The API's way to Temporal. */
export interface TemporalLink {
  client: Client;
  namespace: string;
  /** For messages to people. */
  address: string;
}

/**
 * A link set by the standard TEMPORAL_* variables or profile file. Does not connect yet: the API starts, and answers
 * reads, while Temporal is away.
 */
export function linkTemporal(): TemporalLink {
  const { connectionOptions, namespace = NAMESPACE } = loadClientConnectConfig();
  const { address = 'localhost:7233', tls, apiKey, metadata } = connectionOptions;
  const connection = Connection.lazy({
    address,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(metadata === undefined ? {} : { metadata: metadata }),
  });
  return { client: new Client({ connection, namespace }), namespace, address };
}

/** gRPC codes that say nothing about the request: CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE. */
const OUTAGE_CODES = new Set([1, 4, 14]);

/** Temporal did not answer, or it answered that the namespace is missing. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'NamespaceNotFoundError') return true;
  if (isGrpcServiceError(error)) return OUTAGE_CODES.has(error.code);
  return error.cause !== undefined && isOutage(error.cause);
}

/**
 * One call to Temporal, bounded.
 * @param seconds how long it may take, retries of the connection included
 * @throws TransshipError TEMPORAL_UNREACHABLE; whatever else the call throws passes unchanged
 */
export async function callTemporal<T>(link: TemporalLink, seconds: number, call: () => Promise<T>): Promise<T> {
  try {
    return await link.client.withDeadline(Date.now() + seconds * 1_000, call);
  } catch (error) {
    if (!isOutage(error)) throw error;
    const reason = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : '';
    throw new TransshipError('TEMPORAL_UNREACHABLE', `${link.address}, namespace ${link.namespace}: ${reason}`, {
      cause: error,
    });
  }
}

/** Page of a workflow in the Temporal UI; null where the fleet file names no UI. */
export function uiLink(uiBase: string | undefined, namespace: string, workflowId: string): string | null {
  if (uiBase === undefined) return null;
  return `${uiBase.replace(/\/+$/, '')}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
}
