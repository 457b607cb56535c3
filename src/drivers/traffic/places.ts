import type { PlaceholderValues } from '../../domain/placeholders.ts';
import type { AzSetRef } from '../../domain/types.ts';
import type { MemberAt } from '../azset/index.ts';

/** An instance, and what texts about it are filled with. */
export interface Place {
  member: string;
  values: PlaceholderValues;
}

/** What load balancers beside the cluster must be told of instances: they know nothing of clusters. Fresh reads. */
export interface Places {
  /** Every instance of these sets. */
  of(sets: AzSetRef[]): Promise<Place[]>;
  /** @throws INSTANCE_REPLACED when it is gone, on its way out, or another */
  held(at: MemberAt): Promise<Place>;
}
