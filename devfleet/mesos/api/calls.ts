import type { MachineId, Unavailability } from '../master/registry.ts';
import { Refusal } from '../master/refusal.ts';
import { NotThisMessage, parseJson, readMessage, type Message } from './proto.ts';

// The calls of the v1 operator API (include/mesos/v1/master/master.proto).

const id: Message = { value: { type: 'string', required: true } };
const agentId: Message = { agent_id: { type: id, required: true } };
const nanoseconds: Message = { nanoseconds: { type: 'number', required: true } };

/** MachineID */
export const machineMessage: Message = { hostname: { type: 'string' }, ip: { type: 'string' } };

/** maintenance.Schedule */
export const scheduleMessage: Message = {
  windows: {
    repeated: true,
    type: {
      machine_ids: { type: machineMessage, repeated: true },
      unavailability: {
        required: true,
        type: { start: { type: nanoseconds, required: true }, duration: { type: nanoseconds } },
      },
    },
  },
};

const reservation: Message = { type: { type: 'string' }, role: { type: 'string' }, principal: { type: 'string' } };
const resources: Field = {
  repeated: true,
  type: {
    name: { type: 'string', required: true },
    type: { type: 'string', required: true },
    scalar: { type: { value: { type: 'number', required: true } } },
    ranges: {
      type: {
        range: {
          repeated: true,
          type: { begin: { type: 'number', required: true }, end: { type: 'number', required: true } },
        },
      },
    },
    role: { type: 'string' },
    reservation: { type: reservation },
    reservations: { type: reservation, repeated: true },
  },
};
type Field = Message[string];

const callMessage: Message = {
  type: { type: 'string' },
  deactivate_agent: { type: agentId },
  reactivate_agent: { type: agentId },
  mark_agent_gone: { type: agentId },
  drain_agent: {
    type: {
      ...agentId,
      // google.protobuf.Duration in the form that Mesos reads: an object, not "600s".
      max_grace_period: { type: { seconds: { type: 'number' }, nanos: { type: 'number' } } },
      mark_gone: { type: 'bool' },
    },
  },
  update_maintenance_schedule: { type: { schedule: { type: scheduleMessage, required: true } } },
  start_maintenance: { type: { machines: { type: machineMessage, repeated: true } } },
  stop_maintenance: { type: { machines: { type: machineMessage, repeated: true } } },
  reserve_resources: { type: { ...agentId, resources } },
  unreserve_resources: { type: { ...agentId, resources } },
};

/** A Resource as a call names it. */
export interface ResourceInput {
  name: string;
  type: string;
  scalar?: { value: number };
  ranges?: { range?: { begin: number; end: number }[] };
  role?: string;
  reservation?: { role?: string };
  reservations?: { role?: string }[];
}

/** A maintenance.Schedule as it was read. */
export interface ScheduleInput {
  windows?: { machine_ids?: MachineId[]; unavailability: Unavailability }[];
}

interface AgentId {
  agent_id: { value: string };
}

/** A call that was read and found to hold what it needs. */
export interface Call {
  type: CallType;
  deactivate_agent: AgentId;
  reactivate_agent: AgentId;
  mark_agent_gone: AgentId;
  drain_agent: AgentId & { max_grace_period?: { seconds?: number; nanos?: number }; mark_gone?: boolean };
  update_maintenance_schedule: { schedule: ScheduleInput };
  start_maintenance: { machines?: MachineId[] };
  stop_maintenance: { machines?: MachineId[] };
  reserve_resources: AgentId & { resources?: ResourceInput[] };
  unreserve_resources: AgentId & { resources?: ResourceInput[] };
}

/** Call type → the field that it must hold; null: none. Others of Mesos are known, and not done. */
const CALLS = {
  UNKNOWN: null,
  GET_HEALTH: null,
  GET_FLAGS: null,
  GET_VERSION: null,
  GET_STATE: null,
  GET_AGENTS: null,
  GET_FRAMEWORKS: null,
  GET_EXECUTORS: null,
  GET_OPERATIONS: null,
  GET_TASKS: null,
  GET_MASTER: null,
  SUBSCRIBE: null,
  RESERVE_RESOURCES: 'reserve_resources',
  UNRESERVE_RESOURCES: 'unreserve_resources',
  GET_MAINTENANCE_STATUS: null,
  GET_MAINTENANCE_SCHEDULE: null,
  UPDATE_MAINTENANCE_SCHEDULE: 'update_maintenance_schedule',
  START_MAINTENANCE: 'start_maintenance',
  STOP_MAINTENANCE: 'stop_maintenance',
  DRAIN_AGENT: 'drain_agent',
  DEACTIVATE_AGENT: 'deactivate_agent',
  REACTIVATE_AGENT: 'reactivate_agent',
  MARK_AGENT_GONE: 'mark_agent_gone',
} as const;

export type CallType = keyof typeof CALLS;

/** Of the rest of Call.Type: this double says so, instead of taking them for misspelt. */
const NOT_DONE = new Set(
  (
    'GET_METRICS GET_LOGGING_LEVEL SET_LOGGING_LEVEL LIST_FILES READ_FILE GET_ROLES GET_WEIGHTS UPDATE_WEIGHTS ' +
    'CREATE_VOLUMES DESTROY_VOLUMES GROW_VOLUME SHRINK_VOLUME GET_QUOTA UPDATE_QUOTA SET_QUOTA REMOVE_QUOTA TEARDOWN'
  ).split(' '),
);

/** @throws Refusal, with the text of src/master/http.cpp and src/master/validation.cpp */
export function readCall(body: string): Call {
  const json = read('Failed to parse body into JSON', () => parseJson(body));
  const call = read('Failed to convert JSON into Call protobuf', () =>
    readMessage(callMessage, json),
  ) as unknown as Call;
  const type = (call as { type?: string }).type;
  if (type !== undefined && NOT_DONE.has(type)) throw new Refusal(501, `The double of Mesos does not do ${type}`);
  // An enum value that is not known is dropped: as if there were none.
  if (type === undefined || !Object.hasOwn(CALLS, type)) throw invalid("Expecting 'type' to be present");
  const needs = CALLS[call.type];
  if (needs !== null && !Object.hasOwn(call, needs)) throw invalid(`Expecting '${needs}' to be present`);
  return call;
}

function invalid(text: string): Refusal {
  return new Refusal(400, `Failed to validate master::Call: ${text}`);
}

function read<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof NotThisMessage) throw new Refusal(400, `${what}: ${error.message}`);
    throw error;
  }
}
