import { createHash } from 'node:crypto';
import { ANNOTATION } from '../../kubernetes/labels.ts';
import type { StatefulSet, Template } from '../../kubernetes/resources.ts';
import { ungate } from './gate.ts';

/**
 * Short hash of a defaulted template at rest, which a gated one stands for: the same whatever the order of keys, and whether the server writes what is empty
 * as null, as {} or not at all (that changed between its versions).
 */
export function fingerprint(template: Template): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(ungate(template))))
    .digest('hex')
    .slice(0, 16);
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value)
    .map(([key, field]): [string, unknown] => [key, canonical(field)])
    .filter(([, field]) => field !== null && !(typeof field === 'object' && Object.keys(field).length === 0))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields);
}

/** Who else wrote the template that stands there now, for people; null when it is the one we wrote. */
export function foreignWriters(set: StatefulSet): string | null {
  if (set.metadata.annotations?.[ANNOTATION.template] === fingerprint(set.spec.template)) return null;
  const writers = (set.metadata.managedFields ?? [])
    .filter(({ manager, subresource, fieldsV1 }) => {
      return manager !== 'transship' && subresource === undefined && fieldsV1?.['f:spec']?.['f:template'] !== undefined;
    })
    .map(({ manager, time }) => `${manager ?? 'somebody'}${time === undefined ? '' : ` at ${time}`}`);
  return writers.length === 0 ? 'somebody who left no name' : writers.join(', ');
}
