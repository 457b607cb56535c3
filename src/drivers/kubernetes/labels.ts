import type { AzSetRef, GroupRef } from '../../domain/types.ts';

// Every name that we write into clusters. The prefix is ours; nobody else's keys are ever touched.

export const LABEL = {
  app: 'transship.dev/app',
  group: 'transship.dev/group',
  env: 'transship.dev/env',
  azSet: 'transship.dev/az-set',
  /** Services select `yes`. At rest the template says `yes`; never part of a set's selector. */
  inService: 'transship.dev/in-service',
  /** On pods that only pull an image: the set they pull for. */
  prePull: 'transship.dev/pre-pull',
  /** On a disruption budget that is tightened by those that are out of traffic: see Budgets. */
  tightened: 'transship.dev/tightened',
  /** Kubernetes' own: the revision a pod claims. The controller trusts it. */
  revision: 'controller-revision-hash',
} as const;

export const ANNOTATION = {
  /** On the set: version and number of the spec in its template. */
  version: 'transship.dev/version',
  spec: 'transship.dev/spec',
  /** On the set: fingerprint of the template as we wrote it; another one there was not written by us. */
  template: 'transship.dev/template',
  /** On the set, from stage to settle or unstage: the revision to go back to. */
  previous: 'transship.dev/previous',
  /** On a set that is being taken over: the revision of its template before. */
  adopting: 'transship.dev/adopting',
  /** On a set and its pods: the step that last shut out what was still on its way to them. */
  fence: 'transship.dev/fence',
  /** On a disruption budget that is tightened: what its owner wants, and what was written instead. */
  tightening: 'transship.dev/tightening',
  /** On a pod: containers that were proven to run an image, the evidence for the next proof. */
  proven: 'transship.dev/proven',
  /**
   * On a pod of an open set: the revision that it is of, while its label claims the gated template's. In that template:
   * the revision that it stands for.
   */
  revision: 'transship.dev/revision',
} as const;

/** Prefix of the annotations by which owners keep a pod out of traffic: `out.transship.dev/<owner>: <reason>`. */
export const OUT_PREFIX = 'out.transship.dev/';

/** Label by which nodes name their AZ. */
export const ZONE = 'topology.kubernetes.io/zone';

/** Partition that no ordinal reaches: a parked set moves no pod whoever changes its template, and whatever its size. */
export const PARKED = { type: 'RollingUpdate', rollingUpdate: { partition: 2_147_483_647 } } as const;

/** While a batch is recreated: what ends comes back on the template as it stands, and the controller ends nothing. */
export const OPEN = { type: 'OnDelete' } as const;

/** Name of the Service that carries a group's traffic in each of its clusters. */
export function serviceName(group: Pick<GroupRef, 'app' | 'group'>): string {
  return `${group.app}-${group.group}`;
}

/** What a Service selects: the group's instances that nobody took out. */
export function serviceSelector(group: Pick<GroupRef, 'app' | 'group'>): Record<string, string> {
  return { [LABEL.app]: group.app, [LABEL.group]: group.group, [LABEL.inService]: 'yes' };
}

/** What a set selects. Immutable, so nothing that ever changes belongs here. */
export function setSelector(group: Pick<GroupRef, 'app' | 'group'>, set: AzSetRef): Record<string, string> {
  return { [LABEL.app]: group.app, [LABEL.group]: group.group, [LABEL.azSet]: set.name };
}
