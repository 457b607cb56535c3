import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Cluster, MasterProcess } from '../cluster.ts';
import type { Master } from '../master/master.ts';
import type { Schedule } from '../master/registry.ts';
import { Refusal } from '../master/refusal.ts';
import { NO_RESOURCES } from '../resources.ts';
import type { MesosResources } from '../types.ts';
import { accepts, forbidden, methodNotAllowed, sendJson, sendNothing } from './answer.ts';
import { readCall, type Call, type CallType, type ResourceInput, type ScheduleInput } from './calls.ts';
import { flagsOf, VERSION } from './flags.ts';
import { masterInfo } from './legacy-json.ts';
import { subscribe } from './subscribe.ts';
import { agentsJson, frameworksJson, stateJson, tasksJson } from './v1-json.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

/** What a call is answered with. */
interface Around {
  cluster: Cluster;
  self: MasterProcess;
  master: Master;
  flags: Record<string, string>;
}

const CHANGES = new Set<CallType>([
  'RESERVE_RESOURCES',
  'UNRESERVE_RESOURCES',
  'UPDATE_MAINTENANCE_SCHEDULE',
  'START_MAINTENANCE',
  'STOP_MAINTENANCE',
  'DRAIN_AGENT',
  'DEACTIVATE_AGENT',
  'REACTIVATE_AGENT',
  'MARK_AGENT_GONE',
]);

/**
 * `POST /api/v1` at the leader. JSON only: a protobuf body, which the real master takes, is answered with 415.
 * The order of the checks is that of src/master/http.cpp.
 */
export async function handleV1(
  request: IncomingMessage,
  response: ServerResponse,
  { cluster, self }: { cluster: Cluster; self: MasterProcess },
  caller: { readOnly: boolean; secured: boolean },
): Promise<void> {
  const { master } = cluster;
  if (master === null) throw new Refusal(503, 'Master has not finished recovery');
  if (request.method !== 'POST') throw methodNotAllowed(['POST'], request.method ?? '');
  const contentType = request.headers['content-type'];
  if (contentType === undefined) throw new Refusal(400, "Expecting 'Content-Type' to be present");
  if (contentType === PROTOBUF)
    throw new Refusal(415, "The double of Mesos reads JSON only: Expecting 'Content-Type' of application/json");
  // Compared as it is: a charset is one thing too many.
  if (contentType !== JSON_TYPE) throw new Refusal(415, `Expecting 'Content-Type' of ${JSON_TYPE} or ${PROTOBUF}`);
  const call = readCall(await text(request));
  if (!accepts(request.headers.accept, JSON_TYPE))
    throw new Refusal(406, `Expecting 'Accept' to allow '${PROTOBUF}' or '${JSON_TYPE}'`);
  if (call.type === 'SUBSCRIBE') {
    subscribe(master, response);
    return;
  }
  if (caller.readOnly && CHANGES.has(call.type)) throw forbidden();
  const flags = flagsOf(cluster.clocks, cluster.name, self.port, caller.secured);
  const result = perform(call, { cluster, self, master, flags });
  if (typeof result === 'number') sendNothing(response, result);
  else sendJson(response, { type: call.type, ...result });
}

/** @returns what is answered, or the status code of an answer without a body. @throws Refusal */
function perform(call: Call, { cluster, self, master, flags }: Around): object | number {
  const { operations, maintenance } = master;
  switch (call.type) {
    case 'UNKNOWN':
    case 'SUBSCRIBE':
      throw new Refusal(501, '501 Not Implemented.');
    case 'GET_HEALTH':
      return { get_health: { healthy: true } };
    case 'GET_FLAGS':
      return { get_flags: { flags: Object.entries(flags).map(([name, value]) => ({ name, value })) } };
    case 'GET_VERSION':
      return { get_version: { version_info: { version: VERSION } } };
    case 'GET_STATE':
      return { get_state: stateJson(master) };
    case 'GET_AGENTS':
      return { get_agents: agentsJson(master) };
    case 'GET_FRAMEWORKS':
      return { get_frameworks: frameworksJson(master) };
    case 'GET_EXECUTORS':
      return { get_executors: {} };
    case 'GET_OPERATIONS':
      return { get_operations: {} };
    case 'GET_TASKS':
      return { get_tasks: tasksJson(master) };
    case 'GET_MASTER': {
      // 127.0.0.1, in network order.
      const info = { ...masterInfo(self, cluster.domain), version: VERSION, ip: 0x01_00_00_7f };
      const times = { start_time: self.startedAt / 1000, elected_time: master.electedAt / 1000 };
      return { get_master: { master_info: info, ...times } };
    }
    case 'RESERVE_RESOURCES': {
      const { agent_id, resources = [] } = call.reserve_resources;
      for (const [role, wanted] of byRole(resources, 'RESERVE')) operations.reserve(agent_id.value, role, wanted);
      return 202;
    }
    case 'UNRESERVE_RESOURCES': {
      const { agent_id, resources = [] } = call.unreserve_resources;
      for (const [role, wanted] of byRole(resources, 'UNRESERVE')) operations.unreserve(agent_id.value, role, wanted);
      return 202;
    }
    case 'GET_MAINTENANCE_STATUS':
      return { get_maintenance_status: { status: statusOf(master) } };
    case 'GET_MAINTENANCE_SCHEDULE':
      return { get_maintenance_schedule: { schedule: maintenance.schedule } };
    // The documentation of these three says 202; the code answers 200.
    case 'UPDATE_MAINTENANCE_SCHEDULE':
      maintenance.replace(withWindows(call.update_maintenance_schedule.schedule));
      return 200;
    case 'START_MAINTENANCE':
      maintenance.start(call.start_maintenance.machines ?? []);
      return 200;
    case 'STOP_MAINTENANCE':
      maintenance.stop(call.stop_maintenance.machines ?? []);
      return 200;
    case 'DRAIN_AGENT': {
      const { agent_id, max_grace_period: grace, mark_gone = false } = call.drain_agent;
      const nanoseconds = grace === undefined ? null : (grace.seconds ?? 0) * 1e9 + (grace.nanos ?? 0);
      operations.drain(agent_id.value, nanoseconds, mark_gone);
      return 200;
    }
    case 'DEACTIVATE_AGENT':
      operations.deactivate(call.deactivate_agent.agent_id.value);
      return 200;
    case 'REACTIVATE_AGENT':
      operations.reactivate(call.reactivate_agent.agent_id.value);
      return 200;
    case 'MARK_AGENT_GONE':
      operations.markGone(call.mark_agent_gone.agent_id.value);
      return 200;
  }
}

/** ClusterStatus. Frameworks of the double answer no inverse offers, so no machine has statuses. */
export function statusOf({ maintenance }: Master): object {
  return {
    draining_machines: maintenance.draining.map(({ id }) => ({ id })),
    down_machines: maintenance.down.map(({ id }) => id),
  };
}

/** A schedule as it was read: windows may be left out, and machines in them. */
export function withWindows({ windows = [] }: ScheduleInput): Schedule {
  return { windows: windows.map((window) => ({ ...window, machine_ids: window.machine_ids ?? [] })) };
}

function byRole(resources: ResourceInput[], operation: string): Map<string, MesosResources> {
  const result = new Map<string, MesosResources>();
  for (const resource of resources) {
    const { name, scalar, ranges } = resource;
    const role = resource.reservations?.at(-1)?.role ?? resource.role ?? '*';
    // src/master/validation.cpp, namespace operation
    if (role === '*' || (resource.reservation === undefined && resource.reservations === undefined))
      throw new Refusal(400, `Invalid ${operation} operation: Resource ${name} is not dynamically reserved`);
    const before = result.get(role) ?? NO_RESOURCES;
    if (name === 'ports')
      result.set(role, { ...before, ports: (ranges?.range ?? []).map(({ begin, end }) => [begin, end]) });
    else result.set(role, { ...before, [name]: scalar?.value ?? 0 });
  }
  return result;
}
