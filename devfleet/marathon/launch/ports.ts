import type { App } from '../app/types.ts';

/**
 * A host port of the offer for each port of the app, null where the app wants none; or null when the offer has too few
 * (tasks/PortsMatcher.scala). Ports that the app does not name are taken at random, as Marathon does.
 */
export function matchPorts(app: App, offered: [number, number][]): (number | null)[] | null {
  const wanted = wantedPorts(app);
  const fixed = new Set(wanted.filter((port): port is number => port !== null && port !== 0));
  for (const port of fixed) {
    if (!offered.some(([first, last]) => port >= first && port <= last)) return null;
  }
  const random = wanted.filter((port) => port === 0).length;
  const free = pick(random, offered, fixed);
  if (free === null) return null;
  return wanted.map((port) => (port === 0 ? (free.pop() ?? null) : port));
}

/** 0: any. */
function wantedPorts({ container, portDefinitions, requirePorts }: App): (number | null)[] {
  const mappings = container?.portMappings ?? [];
  if (mappings.length > 0) return mappings.map(({ hostPort }) => hostPort ?? null);
  return (portDefinitions ?? []).map(({ port }) => (requirePorts ? port : 0));
}

function pick(count: number, ranges: [number, number][], except: ReadonlySet<number>): number[] | null {
  const size = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const picked: number[] = [];
  const start = Math.floor(Math.random() * size);
  for (let at = 0; at < size && picked.length < count; at += 1) {
    const port = nth(ranges, (start + at) % size);
    if (!except.has(port)) picked.push(port);
  }
  return picked.length === count ? picked : null;
}

function nth(ranges: [number, number][], index: number): number {
  let left = index;
  for (const [first, last] of ranges) {
    if (left <= last - first) return first + left;
    left -= last - first + 1;
  }
  throw new RangeError(`no port number ${index}`);
}
