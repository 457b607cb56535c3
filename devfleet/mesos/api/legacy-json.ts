import type { Cluster, MasterProcess } from '../cluster.ts';
import { isTerminal, type Agent, type Framework, type Task } from '../master/state.ts';
import type { Master } from '../master/master.ts';
import { subtract, sum } from '../resources.ts';
import type { MesosResources } from '../types.ts';
import type { AgentInfo } from '../link/messages.ts';
import {
  containerJson,
  discoveryJson,
  labelsJson,
  networkInfosOf,
  resourcesJson,
  resourcesObject,
} from './common-json.ts';
import { VERSION } from './flags.ts';
import { capabilities, domainJson } from './v1-json.ts';

// What the endpoints before the v1 API write (src/master/readonly_handler.cpp, src/common/http.cpp).

type Json = Record<string, unknown>;

/** Those of a task that are counted in summaries. */
const COUNTED = [
  'TASK_STAGING',
  'TASK_STARTING',
  'TASK_RUNNING',
  'TASK_KILLING',
  'TASK_FINISHED',
  'TASK_KILLED',
  'TASK_FAILED',
  'TASK_LOST',
  'TASK_ERROR',
  'TASK_UNREACHABLE',
] as const;

/** /state */
export function stateObject(
  cluster: Cluster,
  self: MasterProcess,
  master: Master,
  flags: Record<string, string>,
): Json {
  const { state } = master;
  const agents = [...state.agents.values()];
  const leader = masterInfo(self, cluster.domain);
  return {
    version: VERSION,
    build_date: '',
    build_time: 0,
    build_user: '',
    start_time: self.startedAt / 1000,
    elected_time: master.electedAt / 1000,
    id: self.id,
    pid: leader.pid,
    hostname: self.hostname,
    capabilities: ['AGENT_UPDATE', 'AGENT_DRAINING', 'QUOTA_V2'],
    activated_slaves: agents.filter(({ active }) => active).length,
    deactivated_slaves: agents.filter(({ active }) => !active).length,
    unreachable_slaves: state.registry.state.unreachable.size,
    ...(cluster.domain === null ? {} : { domain: domainJson(cluster.domain) }),
    leader: leader.pid,
    leader_info: leader,
    flags,
    slaves: agents.map((agent) => slaveObject(master, agent)),
    recovered_slaves: recovered(master),
    frameworks: [...state.frameworks.values()].map((framework) => frameworkObject(master, framework)),
    completed_frameworks: state.completedFrameworks.map((framework) => frameworkObject(master, framework)),
    orphan_tasks: [],
    unregistered_frameworks: [],
  };
}

/** /slaves. @param agentId only this one */
export function slavesObject(master: Master, agentId: string | null): Json {
  const { state } = master;
  const agents = [...state.agents.values()].filter(({ id }) => agentId === null || id === agentId);
  const role = { role: '*' };
  return {
    slaves: agents.map((agent) => ({
      ...slaveObject(master, agent),
      reserved_resources_full: Object.fromEntries(
        [...agent.reserved].map(([owner, resources]) => [owner, resourcesJson(resources, { role: owner })]),
      ),
      unreserved_resources_full: resourcesJson(unreserved(agent), role),
      used_resources_full: resourcesJson(state.usedOf(agent), role),
      offered_resources_full: resourcesJson(state.offeredOf(agent.id), role),
    })),
    recovered_slaves: recovered(master, agentId),
  };
}

/** /tasks: by the time of the first status, the latest first. */
export function tasksObject(master: Master, query: URLSearchParams): Json {
  const frameworkId = query.get('framework_id');
  const taskId = query.get('task_id');
  const limit = wholeNumber(query.get('limit')) ?? 100;
  const offset = wholeNumber(query.get('offset')) ?? 0;
  const first = ({ statuses }: Task): number => statuses[0]?.timestamp ?? Infinity;
  const tasks = [...master.state.frameworks.values(), ...master.state.completedFrameworks]
    .filter(({ id }) => frameworkId === null || id === frameworkId)
    .flatMap(({ tasks: active, unreachable, completed }) => [...active.values(), ...unreachable.values(), ...completed])
    .filter(({ info }) => taskId === null || info.taskId === taskId)
    .sort((a, b) => (first(a) === first(b) ? 0 : first(b) - first(a)));
  if (query.get('order') === 'asc') tasks.reverse();
  return { tasks: tasks.slice(offset, offset + limit).map((task) => taskObject(task)) };
}

/** /state-summary */
export function summaryObject(self: MasterProcess, master: Master): Json {
  const frameworks = [...master.state.frameworks.values()];
  const tasks = frameworks.flatMap(({ tasks: active, unreachable, completed }) => [
    ...active.values(),
    ...unreachable.values(),
    ...completed,
  ]);
  return {
    hostname: self.hostname,
    slaves: [...master.state.agents.values()].map((agent) => {
      const own = tasks.filter(({ info }) => info.agentId === agent.id);
      const ids = [...new Set(own.map(({ frameworkId }) => frameworkId))];
      return { ...slaveObject(master, agent), ...counts(own), framework_ids: ids };
    }),
    frameworks: frameworks.map((framework) => {
      const own = tasks.filter(({ frameworkId }) => frameworkId === framework.id);
      const ids = [...new Set(own.map(({ info }) => info.agentId))];
      return { ...frameworkSummary(master, framework), ...counts(own), slave_ids: ids };
    }),
  };
}

/** MasterInfo. */
export function masterInfo({ id, hostname, port }: MasterProcess, domain: Cluster['domain']): Json & { pid: string } {
  return {
    id,
    pid: `master@${hostname}:${port}`,
    port,
    hostname,
    ...(domain === null ? {} : { domain: domainJson(domain) }),
  };
}

function slaveObject({ state }: Master, agent: Agent): Json {
  const { id, info, drainStartedAt, reregisteredAt } = agent;
  const { deactivated, draining } = state.registry.state;
  const drain = draining.get(id);
  return {
    ...slaveInfo(id, info),
    pid: `slave(1)@${info.ip}:${info.port}`,
    registered_time: agent.registeredAt / 1000,
    ...(reregisteredAt === null ? {} : { reregistered_time: reregisteredAt / 1000 }),
    resources: resourcesObject(info.resources),
    used_resources: resourcesObject(state.usedOf(agent)),
    offered_resources: resourcesObject(state.offeredOf(id)),
    reserved_resources: Object.fromEntries([...agent.reserved].map(([role, has]) => [role, resourcesObject(has)])),
    unreserved_resources: resourcesObject(unreserved(agent)),
    active: agent.active,
    deactivated: deactivated.has(id),
    version: info.version,
    capabilities: capabilities(info.version),
    ...(drain === undefined ? {} : { drain_info: drain }),
    ...(drain === undefined || drainStartedAt === null
      ? {}
      : { estimated_drain_start_time_seconds: drainStartedAt / 1000 }),
  };
}

/** Attributes are a flat object here, scalars numbers in it. */
function slaveInfo(id: string, { hostname, port, attributes, domain }: AgentInfo): Json {
  const values = Object.entries(attributes).map(([name, text]) => [
    name,
    /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text,
  ]);
  return {
    id,
    hostname,
    port,
    attributes: Object.fromEntries(values) as Json,
    ...(domain === null ? {} : { domain: domainJson(domain) }),
  };
}

function recovered({ state }: Master, agentId: string | null = null): Json[] {
  return [...state.recovered]
    .filter(([id]) => agentId === null || id === agentId)
    .map(([id, info]) => slaveInfo(id, info));
}

function frameworkObject(master: Master, framework: Framework): Json {
  const { role, registeredAt, reregisteredAt, tasks, unreachable, completed } = framework;
  return {
    ...frameworkSummary(master, framework),
    user: 'root',
    failover_timeout: master.state.clocks.frameworkFailover,
    checkpoint: true,
    registered_time: registeredAt / 1000,
    unregistered_time: 0,
    ...(reregisteredAt === null ? {} : { reregistered_time: reregisteredAt / 1000 }),
    roles: [role],
    tasks: [...tasks.values()].map((task) => taskObject(task)),
    unreachable_tasks: [...unreachable.values()].map((task) => taskObject(task)),
    completed_tasks: completed.map((task) => taskObject(task)),
    executors: [],
  };
}

function frameworkSummary({ state }: Master, { id, name, events, recovered: known, tasks }: Framework): Json {
  const active = [...tasks.values()].filter((task) => !isTerminal(task.state));
  const offered = [...state.offers.values()].filter(({ frameworkId }) => frameworkId === id);
  return {
    id,
    name,
    used_resources: resourcesObject(sum(active.map(({ info }) => info.resources))),
    offered_resources: resourcesObject(sum(offered.map(({ resources }) => resources))),
    capabilities: ['PARTITION_AWARE', 'TASK_KILLING_STATE', 'MULTI_ROLE', 'REGION_AWARE'],
    hostname: '127.0.0.1',
    webui_url: '',
    active: events !== null,
    connected: events !== null,
    recovered: known,
  };
}

/** Labels are an array here. */
function taskObject(task: Task): Json {
  const { info, frameworkId, role } = task;
  const container = containerJson(info);
  return {
    id: info.taskId,
    name: info.name,
    framework_id: frameworkId,
    executor_id: '',
    slave_id: info.agentId,
    state: task.state,
    resources: resourcesObject(info.resources),
    role,
    statuses: task.statuses.map((status) => {
      const infos = networkInfosOf(task, status);
      return {
        state: status.state,
        timestamp: status.timestamp,
        ...(infos === undefined ? {} : { container_status: { network_infos: infos } }),
      };
    }),
    labels: labelsJson(info.labels),
    discovery: discoveryJson(info),
    ...(container === undefined ? {} : { container }),
  };
}

function unreserved(agent: Agent): MesosResources {
  return subtract(agent.info.resources, sum(agent.reserved.values()));
}

function counts(tasks: Task[]): Json {
  return Object.fromEntries(COUNTED.map((state) => [state, tasks.filter((task) => task.state === state).length]));
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}
