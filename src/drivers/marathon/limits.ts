// Every time limit of the Marathon drivers. Milliseconds.

/** Until a task that was killed has ended: its grace period included. */
export const END_TIMEOUT_MS = 300_000;

/** Until a task that was asked for runs, when neither a failed pull nor a crash is reported. */
export const START_TIMEOUT_MS = 300_000;

/** For how long offers may be declined before that counts: those once declined come again after 120 s (Marathon's default). */
export const UNSCHEDULABLE_GRACE_MS = 150_000;

/** How long a failed pull must persist before it counts: registries blink. */
export const PULL_GRACE_MS = 10_000;

/** A task that started so soon after another one of its app ended by itself may do the same. */
export const RECENT_MS = 60_000;

/** For how long such a one must run before that is believed. */
export const STEADY_MS = 2_500;

/** How long another deployment may hold an app before another way round it is taken, or it is said. */
export const LOCK_GRACE_MS = 15_000;

/** Until Marathon has followed a change that starts and ends nothing. */
export const FOLLOW_TIMEOUT_MS = 60_000;

/** How often a wait looks again when nothing woke it: with live events, and without. */
export const POLL_MS = { watched: 3_000, blind: 500 } as const;
