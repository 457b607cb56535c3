import type { Allowance } from '../domain/sync/deletions.ts';

/** What a comparison of registries is asked for. A schedule says the name only. */
export interface ReconcileInput {
  /** Of the rule. */
  name: string;
  /** This repository alone; what it finds is not kept as that of the rule. Left out: all of the rule. */
  repository?: string;
  /** Who asks. Default: `schedule`. */
  by?: string;
  /** Nothing is brought, deleted or kept: it only says what would be. */
  dryRun?: boolean;
  /** What may be deleted this once, beyond what the rule says. */
  allow?: Allowance;
}
