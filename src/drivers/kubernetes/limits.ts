// Every time limit of the Kubernetes drivers. Milliseconds.

/** One API call, from connecting to the last byte of its answer. */
export const CALL_TIMEOUT_MS = 10_000;

/** Until an address is in no EndpointSlice any more. */
export const DRAIN_TIMEOUT_MS = 60_000;

/** Until an address is in every selecting Service's EndpointSlices. */
export const PULL_IN_TIMEOUT_MS = 60_000;

/** Until the StatefulSet controller has followed a change. */
export const CONTROLLER_TIMEOUT_MS = 60_000;

/** Until the containers of a replaced instance run, when neither a failed pull nor a crash is reported. */
export const START_TIMEOUT_MS = 300_000;

/** Until disruption budgets let an instance go. */
export const BUDGET_TIMEOUT_MS = 300_000;

/** Until the pods of a removed set are gone: their grace periods included. */
export const REMOVE_TIMEOUT_MS = 300_000;

/** Until an image has been pulled ahead; after that the replacement pulls it itself. */
export const PRE_PULL_TIMEOUT_MS = 300_000;

/** How long a failed pull must persist before it counts: registries blink. */
export const PULL_GRACE_MS = 10_000;

/** How often a wait looks again when nothing woke it: with a live watch, and without one. */
export const POLL_MS = { watched: 3_000, blind: 500 } as const;

/** A watch that nobody waits on is closed after this. */
export const WATCH_IDLE_MS = 60_000;

/** Requests for a fresh read that come within this time share it. */
export const GATHER_MS = 10;

/** A watch that sent nothing for so long, not even the bookmark that comes every minute, is dead. */
export const WATCH_SILENCE_MS = 150_000;

/** Before a broken watch is opened again. */
export const WATCH_RETRY_MS = 1_000;
