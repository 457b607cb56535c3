import { servicePorts } from '../app/service-ports.ts';
import { isTerminal, taskStateOf } from '../instances/condition.ts';
import { showAddresses } from '../instances/events.ts';
import { showHealth } from '../health/health.ts';
import type { Leader } from '../leader.ts';
import { iso } from '../stamps.ts';
import type { Instance } from '../types.ts';

/** Tasks as the API shows them; instances that wait for an agent have none (raml/TaskConversion.scala). */
export function showTasks(instances: Instance[], leader: Leader, withServicePorts = false): Record<string, unknown>[] {
  return instances.map((instance) => showTask(instance, leader, withServicePorts)).filter((task) => task !== null);
}

function showTask(instance: Instance, leader: Leader, withServicePorts: boolean): Record<string, unknown> | null {
  const { app, agent, task } = instance;
  if (agent === null || task === null) return null;
  const current = leader.store.root.apps.get(app.id);
  const active = !isTerminal(task.condition);
  return {
    appId: app.id,
    healthCheckResults: leader.health.of(instance).map(showHealth),
    host: agent.host,
    id: task.id,
    ipAddresses: showAddresses(task.addresses),
    ports: active ? task.hostPorts : [],
    servicePorts: withServicePorts && current ? servicePorts(current) : [],
    slaveId: agent.agentId,
    state: taskStateOf(task.condition),
    ...(active ? { stagedAt: iso(task.stagedAt) } : {}),
    ...(active && task.startedAt !== null ? { startedAt: iso(task.startedAt) } : {}),
    ...(active ? { version: iso(app.versionInfo.version) } : {}),
    localVolumes: [],
    ...(agent.region === null ? {} : { region: agent.region }),
    ...(agent.zone === null ? {} : { zone: agent.zone }),
    role: app.role,
  };
}
