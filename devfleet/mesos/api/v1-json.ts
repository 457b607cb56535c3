import { canDrain } from '../master/operations.ts';
import type { Master } from '../master/master.ts';
import type { Agent, Framework, MasterEvent, Task } from '../master/state.ts';
import type { AgentInfo } from '../link/messages.ts';
import type { MesosTaskStatus } from '../types.ts';
import {
  attributeJson,
  containerJson,
  discoveryJson,
  labelsJson,
  networkInfosOf,
  resourcesJson,
} from './common-json.ts';

// What the v1 operator API writes (include/mesos/v1/master/master.proto, include/mesos/v1/mesos.proto).

type Json = Record<string, unknown>;

const id = (value: string): { value: string } => ({ value });
/** TimeInfo. A double cannot hold all nanoseconds of a time, but those of whole milliseconds. */
const time = (ms: number): { nanoseconds: number } => ({ nanoseconds: ms * 1_000_000 });
/** Resources as endpoints show them carry the role of an unreserved resource, too. */
const UNRESERVED = { role: '*' };

/** AGENT_CAPABILITIES (src/slave/constants.cpp); older agents lack the draining. */
export function capabilities(version: string): string[] {
  return [
    'HIERARCHICAL_ROLE',
    'MULTI_ROLE',
    'RESERVATION_REFINEMENT',
    'RESOURCE_PROVIDER',
    'RESIZE_VOLUME',
    'AGENT_OPERATION_FEEDBACK',
    ...(canDrain(version) ? ['AGENT_DRAINING'] : []),
    'TASK_RESOURCE_LIMITS',
  ];
}

export function agentsJson({ state }: Master): Json {
  return {
    agents: [...state.agents.values()].map((agent) => agentJson(state, agent)),
    recovered_agents: [...state.recovered].map(([agentId, info]) => agentInfoJson(agentId, info)),
  };
}

export function tasksJson({ state }: Master): Json {
  const frameworks = [...state.frameworks.values(), ...state.completedFrameworks];
  const all = (pick: (framework: Framework) => Iterable<Task>): Json[] =>
    frameworks.flatMap((framework) => [...pick(framework)].map((task) => taskJson(task)));
  return {
    tasks: all(({ tasks }) => tasks.values()),
    unreachable_tasks: all(({ unreachable }) => unreachable.values()),
    completed_tasks: all(({ completed }) => completed),
  };
}

export function frameworksJson({ state }: Master): Json {
  return {
    frameworks: [...state.frameworks.values()].map((framework) => frameworkJson(framework)),
    completed_frameworks: state.completedFrameworks.map((framework) => frameworkJson(framework)),
  };
}

/** Tasks run under the agent's own executors, which the master does not know of. */
export function stateJson(master: Master): Json {
  return {
    get_tasks: tasksJson(master),
    get_executors: {},
    get_frameworks: frameworksJson(master),
    get_agents: agentsJson(master),
  };
}

/** An event of SUBSCRIBE. */
export function eventJson(master: Master, event: MasterEvent): Json {
  const { type } = event;
  switch (type) {
    case 'TASK_ADDED':
      return { type, task_added: { task: taskJson(event.task) } };
    case 'TASK_UPDATED': {
      const { task, status } = event;
      const body = { framework_id: id(task.frameworkId), status: statusJson(task, status), state: task.state };
      return { type, task_updated: body };
    }
    case 'AGENT_ADDED':
      return { type, agent_added: { agent: agentJson(master.state, event.agent) } };
    case 'AGENT_REMOVED':
      return { type, agent_removed: { agent_id: id(event.agentId) } };
    case 'FRAMEWORK_ADDED':
      return { type, framework_added: { framework: frameworkJson(event.framework) } };
    case 'FRAMEWORK_UPDATED':
      return { type, framework_updated: { framework: frameworkJson(event.framework) } };
    case 'FRAMEWORK_REMOVED':
      return { type, framework_removed: { framework_info: frameworkInfo(event.framework) } };
  }
}

export function agentInfoJson(agentId: string, { hostname, port, attributes, domain, resources }: AgentInfo): Json {
  return {
    hostname,
    port,
    resources: resourcesJson(resources, UNRESERVED),
    attributes: Object.entries(attributes).map(([name, text]) => attributeJson(name, text)),
    id: id(agentId),
    ...(domain === null ? {} : { domain: domainJson(domain) }),
  };
}

export function domainJson({ region, zone }: { region: string; zone: string }): Json {
  return { fault_domain: { region: { name: region }, zone: { name: zone } } };
}

function agentJson(state: Master['state'], agent: Agent): Json {
  const { info, drainStartedAt, reregisteredAt } = agent;
  const { deactivated, draining } = state.registry.state;
  const drain = draining.get(agent.id);
  return {
    agent_info: agentInfoJson(agent.id, info),
    active: agent.active,
    deactivated: deactivated.has(agent.id),
    version: info.version,
    pid: `slave(1)@${info.ip}:${info.port}`,
    registered_time: time(agent.registeredAt),
    ...(reregisteredAt === null ? {} : { reregistered_time: time(reregisteredAt) }),
    total_resources: resourcesJson(info.resources, UNRESERVED),
    allocated_resources: resourcesJson(state.usedOf(agent), UNRESERVED),
    offered_resources: resourcesJson(state.offeredOf(agent.id), UNRESERVED),
    capabilities: capabilities(info.version).map((type) => ({ type })),
    ...(drain === undefined ? {} : { drain_info: drain }),
    ...(drain === undefined || drainStartedAt === null ? {} : { estimated_drain_start_time: time(drainStartedAt) }),
  };
}

export function taskJson(task: Task): Json {
  const { info, frameworkId, role, told } = task;
  const container = containerJson(info);
  return {
    name: info.name,
    task_id: id(info.taskId),
    framework_id: id(frameworkId),
    agent_id: id(info.agentId),
    state: task.state,
    resources: resourcesJson(info.resources, { allocation_info: { role } }),
    statuses: task.statuses.map((status) => statusJson(task, status)),
    ...(told === null ? {} : { status_update_state: told.state, status_update_uuid: uuidBytes(told.uuid) }),
    labels: { labels: labelsJson(info.labels) },
    discovery: discoveryJson(info),
    ...(container === undefined ? {} : { container }),
    kill_policy: { grace_period: { nanoseconds: info.killGraceSeconds * 1e9 } },
  };
}

function statusJson(task: Task, status: MesosTaskStatus): Json {
  const infos = networkInfosOf(task, status);
  return {
    task_id: id(status.taskId),
    state: status.state,
    ...(status.message === '' ? {} : { message: status.message }),
    source: status.source,
    ...(status.reason === null ? {} : { reason: status.reason }),
    agent_id: id(status.agentId),
    timestamp: status.timestamp,
    ...(status.uuid === null ? {} : { uuid: uuidBytes(status.uuid) }),
    ...(infos === undefined ? {} : { container_status: { network_infos: infos } }),
  };
}

function frameworkJson(framework: Framework): Json {
  const { events, recovered, registeredAt, reregisteredAt } = framework;
  return {
    framework_info: frameworkInfo(framework),
    active: events !== null,
    connected: events !== null,
    recovered,
    registered_time: time(registeredAt),
    ...(reregisteredAt === null ? {} : { reregistered_time: time(reregisteredAt) }),
  };
}

function frameworkInfo({ id: frameworkId, name, role }: Framework): Json {
  return {
    user: 'root',
    name,
    id: id(frameworkId),
    checkpoint: true,
    roles: [role],
    capabilities: ['PARTITION_AWARE', 'TASK_KILLING_STATE', 'MULTI_ROLE', 'REGION_AWARE'].map((type) => ({ type })),
  };
}

function uuidBytes(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64');
}
