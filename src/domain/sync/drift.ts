/** A tag that a registry has not, or that names another image there, though a rule brings it. */
export interface Missing {
  repository: string;
  tag: string;
  /** What the source names by it. */
  digest: string;
  /** Registries. */
  to: string[];
}

/** How the registries of an IDC differ from the source of a rule. */
export interface Drift {
  /** Tags that the rule brings, as the source has them. */
  checked: number;
  missing: Missing[];
  /** There is more: it is found when this much is brought. */
  isCut: boolean;
}
