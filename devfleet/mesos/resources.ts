import type { MesosResources } from './types.ts';

export const NO_RESOURCES: MesosResources = { cpus: 0, mem: 0, disk: 0, gpus: 0, ports: [] };

const SCALARS = ['cpus', 'mem', 'disk', 'gpus'] as const;

export function add(a: MesosResources, b: MesosResources): MesosResources {
  return {
    cpus: round(a.cpus + b.cpus),
    mem: round(a.mem + b.mem),
    disk: round(a.disk + b.disk),
    gpus: round(a.gpus + b.gpus),
    ports: joined([...a.ports, ...b.ports]),
  };
}

export function sum(all: Iterable<MesosResources>): MesosResources {
  let total = NO_RESOURCES;
  for (const one of all) total = add(total, one);
  return total;
}

/** What is left of `a`; nothing falls below zero. */
export function subtract(a: MesosResources, b: MesosResources): MesosResources {
  return {
    cpus: Math.max(0, round(a.cpus - b.cpus)),
    mem: Math.max(0, round(a.mem - b.mem)),
    disk: Math.max(0, round(a.disk - b.disk)),
    gpus: Math.max(0, round(a.gpus - b.gpus)),
    ports: b.ports.reduce((left, range) => without(left, range), a.ports),
  };
}

export function contains(a: MesosResources, b: MesosResources): boolean {
  return SCALARS.every((name) => a[name] >= b[name]) && b.ports.every((range) => holds(a.ports, range));
}

/** Enough to be offered: MIN_CPUS or MIN_MEM (src/master/constants.hpp). */
export function isOfferable({ cpus, mem }: MesosResources): boolean {
  return cpus >= 0.01 || mem >= 32;
}

/** As Mesos prints resources in its messages: `cpus:1; mem:128; ports:[31000-31001]`. */
export function resourcesText(resources: MesosResources): string {
  const scalars = SCALARS.filter((name) => resources[name] > 0).map((name) => `${name}:${resources[name]}`);
  return [...scalars, ...(resources.ports.length > 0 ? [`ports:${rangesText(resources.ports)}`] : [])].join('; ');
}

export function rangesText(ranges: [number, number][]): string {
  return `[${ranges.map(([first, last]) => `${first}-${last}`).join(', ')}]`;
}

/** Scalars have three decimals in Mesos (include/mesos/v1/mesos.proto, Value.Scalar). */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function joined(ranges: [number, number][]): [number, number][] {
  const result: [number, number][] = [];
  for (const [first, last] of [...ranges].sort(([a], [b]) => a - b)) {
    const before = result.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else result.push([first, last]);
  }
  return result;
}

function holds(ranges: [number, number][], [first, last]: [number, number]): boolean {
  return joined(ranges).some((range) => range[0] <= first && last <= range[1]);
}

function without(ranges: [number, number][], [first, last]: [number, number]): [number, number][] {
  return ranges.flatMap(([from, to]): [number, number][] => {
    if (last < from || first > to) return [[from, to]];
    const parts: [number, number][] = [];
    if (from < first) parts.push([from, first - 1]);
    if (to > last) parts.push([last + 1, to]);
    return parts;
  });
}
