import type { App } from '../app/types.ts';
import type { AgentInfo, Task } from '../types.ts';

export interface Endpoint {
  name: string | null;
  host: string | null;
  port: number;
}

/**
 * Where each port of a task is reached (core/task/state/NetworkInfo.scala): host ports at the agent, container ports at
 * the task's own address, which it has only once it runs.
 */
export function endpointsOf(app: App, agent: AgentInfo, task: Task): Endpoint[] {
  const own = app.networks.some(({ mode }) => mode === 'container');
  const address = own ? (task.addresses[0] ?? null) : agent.host;
  const hostPorts = [...task.hostPorts];
  const mappings = app.container?.portMappings ?? [];
  if (mappings.length === 0) {
    return (app.portDefinitions ?? []).map(({ name }) => ({
      name: name ?? null,
      host: address,
      port: hostPorts.shift() ?? 0,
    }));
  }
  return mappings.map(({ name, hostPort, containerPort }) =>
    hostPort === undefined
      ? { name: name ?? null, host: address, port: containerPort }
      : { name: name ?? null, host: agent.host, port: hostPorts.shift() ?? 0 },
  );
}

/** The task's address: of the agent unless it is in a container network. */
export function addressOf(app: App, agent: AgentInfo, task: Task): string | null {
  return app.networks.some(({ mode }) => mode === 'container') ? (task.addresses[0] ?? null) : agent.host;
}
