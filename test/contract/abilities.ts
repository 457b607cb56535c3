/**
 * What one system can and another cannot. What every driver owes is asked of all; where a system lacks one of these, other
 * cases say what its driver does instead.
 */
export interface Abilities {
  /** An instance that runs is brought to another version, under its uid. */
  inPlace: boolean;
  /**
   * Whatever ends comes back by itself, on what the set says then: the target while it is open, else what is current.
   * Without: on what it ran, and not at all where an operation ended it.
   */
  rebornBySet: boolean;
  /** What moves instances can stand still while the API of the system answers. */
  controllersApart: boolean;
  /** What somebody else writes into a set is a revision of its own, and moves nothing. Without: it moves all of it at once. */
  parksEdits: boolean;
  /** Others say how many instances must stay, and are asked. */
  budgets: boolean;
  /** What sizes a set by itself can be found out. */
  autoscalers: boolean;
  /** A set that others made can be taken over as it runs. */
  adopts: boolean;
  /** There are sets that make an instance only while all before it are well. */
  ordered: boolean;
  /** Images are brought to hosts before an instance needs them. */
  prePulls: boolean;
  /** The system itself routes traffic: a set comes with a consumer of it. */
  consumers: boolean;
  /** The system itself asks an instance that runs whether it is ready for traffic. */
  probes: boolean;
}
