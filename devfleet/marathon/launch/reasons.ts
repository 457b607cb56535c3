/** Why an offer is not taken, in the order in which Marathon counts them (NoOfferMatchReason.reasonFunnel). */
export const REASONS = [
  'UnfulfilledRole',
  'UnfulfilledConstraint',
  'NoCorrespondingReservationFound',
  'AgentMaintenance',
  'InsufficientCpus',
  'InsufficientMemory',
  'InsufficientDisk',
  'InsufficientGpus',
  'InsufficientPorts',
  'DeclinedScarceResources',
] as const;

export type Reason = (typeof REASONS)[number];

/** The one that an offer is counted under. */
export function firstReason(reasons: Reason[]): Reason | undefined {
  return REASONS.find((reason) => reasons.includes(reason));
}
