import { marathonsIn, type Fleet } from '../../fleet.ts';
import type { Fault, Part } from '../../input/fault.ts';
import { renderTemplate } from './template.ts';

/** What of a group's template Marathon cannot run, where the group is placed on one. */
export function checkRenders(group: Part, fleet: Fleet): Fault[] {
  const places = group.get('placement').items();
  const placed = places.flatMap((place) => place.get('cluster').text ?? []);
  const on = marathonsIn(fleet).find((name) => placed.includes(name));
  if (on === undefined) return [];
  const hint = `cluster ${on}, where the group is placed, is of kind marathon: do without, or place the group elsewhere`;
  return renderTemplate(group.get('template')).faults.map((fault) => ({ ...fault, hint }));
}
