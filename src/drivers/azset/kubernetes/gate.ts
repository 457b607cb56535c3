import { ANNOTATION, LABEL, OUT_PREFIX } from '../../kubernetes/labels.ts';
import type { Pod, Template } from '../../kubernetes/resources.ts';

const FLAG = `${OUT_PREFIX}release`;

/** What stands in the flag of a pod that a recreate has made and nobody has pulled in yet. */
const REASON = 'recreated, not pulled in yet';

/**
 * A revision's template as it stands in its set while that is open: its pods get no traffic until they are pulled in,
 * and say of which revision they are, because their label claims the gated template's own.
 */
export function gate(template: Template, revision: string): Template {
  const { metadata } = template;
  return {
    ...template,
    metadata: {
      ...metadata,
      labels: { ...metadata?.labels, [LABEL.inService]: 'no' },
      annotations: {
        ...metadata?.annotations,
        [FLAG]: REASON,
        [ANNOTATION.revision]: revision,
      },
    },
  };
}

/** The template at rest that a gated one stands for; one that is not gated stays as it is. */
export function ungate(template: Template): Template {
  if (gatedFor(template) === null) return template;
  const { annotations = {}, ...metadata } = template.metadata ?? {};
  const kept = Object.entries(annotations).filter(([key]) => key !== FLAG && key !== ANNOTATION.revision);
  return {
    ...template,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [LABEL.inService]: 'yes' },
      ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }),
    },
  };
}

/** The revision that a gated template stands for; null for a template at rest. */
export function gatedFor(template: Template): string | null {
  return template.metadata?.annotations?.[ANNOTATION.revision] ?? null;
}

/** The revision that the pod's label claims: all that the controller goes by. */
export function claimOf(pod: Pod): string {
  return pod.metadata.labels?.[LABEL.revision] ?? '';
}

/** The revision that the pod is of, whatever its label claims. */
export function revisionOf(pod: Pod): string {
  return pod.metadata.annotations?.[ANNOTATION.revision] ?? claimOf(pod);
}

/** Its label claims the revision of a gated template, and not yet what the pod is of. */
export function isClaimed(pod: Pod): boolean {
  return pod.metadata.annotations?.[ANNOTATION.revision] !== undefined;
}

export function isAlive({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp === undefined;
}
