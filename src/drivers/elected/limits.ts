// Time limits of calls to processes that elect a leader. Milliseconds.

/** One attempt, from connecting to the last byte of its answer. */
export const ATTEMPT_TIMEOUT_MS = 10_000;

/** All attempts of one call: an election takes seconds. */
export const CALL_DEADLINE_MS = 15_000;

/** Before all processes are asked once more, when none of them would. */
export const ROUND_MS = 500;

/** Requests on their way to one process at the same time. */
export const AT_ONCE = 8;

/** A redirect leads to the leader; it is not followed from leader to leader for ever. */
export const REDIRECTS = 3;

/** Before a stream that broke is opened again: doubled each time it breaks at once. */
export const STREAM_RETRY_MS = { first: 500, most: 30_000 } as const;
