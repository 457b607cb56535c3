/**
 * ok: as it should be. todo: connecting mends it. done: it has. wrong: somebody has to do something. unknown: it cannot be told.
 */
export const FINDING_STATES = ['ok', 'todo', 'done', 'wrong', 'unknown'] as const;

/** One thing that was looked at in a registry. */
export interface Finding {
  /** `registry`, `project shop`, `webhook of project shop`, `replication rule mirror`. */
  about: string;
  state: (typeof FINDING_STATES)[number];
  message: string;
  /** What is to be done about it; null: nothing. */
  next: string | null;
}

/** Whether a registry, and the rights of our credential there, are what the sync rules in force need. */
export interface Connection {
  registry: string;
  findings: Finding[];
}
