import { TransshipError } from '../../domain/errors.ts';
import { ApiError } from './errors.ts';

/** What something in front of an API server says when that is away. */
const GATEWAY_STATUSES = [502, 503, 504];

/** For how long a cluster has not answered. A call may fail by chance; when all fail for long, the cluster is lost. */
export class Silence {
  readonly #lostAfterMs: number;
  #since: number | null = null;

  constructor(lostAfterMs: number) {
    this.#lostAfterMs = lostAfterMs;
  }

  /** It answered. */
  broken(): void {
    this.#since = null;
  }

  /** @returns what a failed call means: the error itself, or CLUSTER_LOST */
  weigh(error: unknown, cluster: string): unknown {
    if (!isSilent(error)) {
      this.broken();
      return error;
    }
    this.#since ??= Date.now();
    const silentMs = Date.now() - this.#since;
    if (silentMs < this.#lostAfterMs) return error;
    const seconds = Math.round(silentMs / 1_000);
    const message = `${cluster} has not answered for ${seconds} s: ${error.message}`;
    return new TransshipError('CLUSTER_LOST', message, { cause: error });
  }
}

function isSilent(error: unknown): error is TransshipError {
  if (error instanceof ApiError) return GATEWAY_STATUSES.includes(error.status);
  return error instanceof TransshipError && error.code === 'CLUSTER_UNREACHABLE';
}
