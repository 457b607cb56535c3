// Time limits of the drivers for load balancers. Milliseconds.

/** One question to a HAProxy process, from connecting to the end of its answer. */
export const SOCKET_TIMEOUT_MS = 5_000;

/** Until a load balancer shows an instance as out, its connections not counted. */
export const OUT_TIMEOUT_MS = 60_000;

/** Until a load balancer shows an instance as in; its health checks included. */
export const IN_TIMEOUT_MS = 60_000;

/** How often a wait looks again. */
export const LOOK_MS = 200;

/** Every how many looks a wait asks the cluster whether the instance is still there. */
export const LOOKS_A_HOLDER = 5;
