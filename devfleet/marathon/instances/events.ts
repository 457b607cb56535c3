import type { MesosTaskStatus } from '../../mesos/types.ts';
import { iso } from '../stamps.ts';
import type { Instance } from '../types.ts';

// Fields of events about instances (api/v2/json/Formats.scala).

export function statusUpdate({ id, app, agent, task }: Instance, status: MesosTaskStatus): Record<string, unknown> {
  return {
    slaveId: status.agentId,
    taskId: task?.id ?? id,
    taskStatus: status.state,
    message: status.message,
    appId: app.id,
    host: agent?.host ?? 'unknown',
    ipAddresses: showAddresses(task?.addresses ?? []),
    ports: task?.hostPorts ?? [],
    version: iso(app.versionInfo.version),
  };
}

export function instanceChanged({ id, app, agent, condition }: Instance): Record<string, unknown> {
  return {
    instanceId: id,
    condition,
    runSpecId: app.id,
    agentId: agent?.agentId ?? null,
    host: agent?.host ?? null,
    runSpecVersion: iso(app.versionInfo.version),
  };
}

export function instanceHealthChanged({ id, app }: Instance, healthy: boolean | null): Record<string, unknown> {
  return { instanceId: id, runSpecId: app.id, healthy, runSpecVersion: iso(app.versionInfo.version) };
}

export function showAddresses(addresses: string[]): { ipAddress: string; protocol: string }[] {
  return addresses.map((ipAddress) => ({ ipAddress, protocol: ipAddress.includes(':') ? 'IPv6' : 'IPv4' }));
}
