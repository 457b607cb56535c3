import { internal } from '../errors.ts';
import { isUpgrade } from './change.ts';
import type { App, AppSpec } from './types.ts';

/** `--local_port_min` and `--local_port_max`: from these, apps get the service ports that they do not name. */
const FIRST = 10_000;
const LAST = 20_000;

export function servicePorts(app: AppSpec): number[] {
  const mappings = app.container?.portMappings ?? [];
  if (mappings.length > 0) return mappings.map(({ servicePort }) => servicePort);
  return (app.portDefinitions ?? []).map(({ port }) => port);
}

/**
 * Ports for all new and changed apps that ask for any (AssignDynamicServiceLogic): first those that the app had, then the
 * lowest that no app has.
 */
export function assignServicePorts(from: ReadonlyMap<string, App>, to: Map<string, App>): void {
  const used = new Set([...from.values(), ...to.values()].flatMap(servicePorts));
  let next = FIRST;
  const take = (): number => {
    while (used.has(next)) next += 1;
    if (next > LAST) throw internal(`All ports in the range [${FIRST}-${LAST}) are already in use`);
    used.add(next);
    return next;
  };
  for (const [id, app] of to) {
    const old = from.get(id);
    if (!servicePorts(app).includes(0) || (old && !isUpgrade(old, app))) continue;
    const kept = old ? servicePorts(old).filter((port) => port >= FIRST && port <= LAST) : [];
    const free = kept.filter((port) => !servicePorts(app).includes(port));
    to.set(
      id,
      withServicePorts(
        app,
        servicePorts(app).map((port) => (port === 0 ? (free.shift() ?? take()) : port)),
      ),
    );
  }
}

function withServicePorts(app: App, ports: number[]): App {
  const mappings = app.container?.portMappings ?? [];
  if (app.container && mappings.length > 0) {
    const portMappings = mappings.map((mapping, index) => ({ ...mapping, servicePort: ports[index] ?? 0 }));
    return { ...app, container: { ...app.container, portMappings } };
  }
  const portDefinitions = (app.portDefinitions ?? []).map((definition, index) => ({
    ...definition,
    port: ports[index] ?? 0,
  }));
  return { ...app, portDefinitions };
}
