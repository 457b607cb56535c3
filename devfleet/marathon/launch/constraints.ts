import type { MesosOffer } from '../../mesos/types.ts';
import type { Instance } from '../types.ts';

/** Whether an offer may take one more instance beside those placed (mesos/Constraints.scala). */
export function meetsConstraint(constraint: string[], offer: MesosOffer, placed: Instance[]): boolean {
  const [field = '', operator = '', value = ''] = constraint;
  const offered = ofOffer(field, offer);
  // An agent without the attribute is refused by all but UNLIKE.
  if (offered === null) return operator.toUpperCase() === 'UNLIKE';
  const values = placed.map((instance) => placedValue(field, instance));
  switch (operator.toUpperCase()) {
    case 'LIKE':
      return value !== '' && matches(value, offered);
    case 'UNLIKE':
      return value !== '' && !matches(value, offered);
    case 'UNIQUE':
      return !values.includes(offered);
    case 'CLUSTER':
      return value === '' ? placed.length === 0 || values[0] === offered : offered === value;
    case 'GROUP_BY':
      return fitsGroups(offered, values, placed[0]?.app.instances ?? 1, Number(value === '' ? 0 : value));
    case 'MAX_PER':
      return values.filter((one) => one === offered).length < Number(value);
    case 'IS':
      return offered === (/^\d+(\.\d+)?$/.test(value) ? decimal(value) : value);
    default:
      return false;
  }
}

/** Where an instance is, by the field of a constraint; null: not placed, or its agent has no such attribute. */
export function placedValue(field: string, { agent }: Instance): string | null {
  if (agent === null) return null;
  switch (field) {
    case 'hostname':
    case '@hostname':
      return agent.host;
    case '@region':
      return agent.region;
    case '@zone':
      return agent.zone;
    default:
      return agent.attributes[field] ?? null;
  }
}

function ofOffer(field: string, { agentId, hostname, region, zone, attributes }: MesosOffer): string | null {
  const agent = { agentId, host: hostname, region, zone, attributes };
  return placedValue(field, { agent } as Instance);
}

/**
 * `instances` spread evenly over `groups` values, what is left over one to a group. Without a number no offer fits:
 * Marathon divides by it.
 */
function fitsGroups(offered: string, values: (string | null)[], instances: number, groups: number): boolean {
  if (groups === 0) return false;
  const counts = new Map<string | null, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const here = counts.get(offered);
  if (here === undefined) return counts.size < groups;
  const perGroup = Math.floor(instances / groups);
  const restUsed = [...counts.values()].reduce((sum, count) => sum + Math.max(0, count - perGroup), 0);
  return here < perGroup || (here === perGroup && (instances % groups) - restUsed > 0);
}

function matches(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(text);
}

/** At most three decimals, as Marathon prints an agent's scalar attributes. */
function decimal(text: string): string {
  return String(Math.round(Number(text) * 1000) / 1000);
}
