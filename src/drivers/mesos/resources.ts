import { z } from 'zod';

// What we read of a Mesos master's answers (v1 operator API), and no more.

const optional = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);
const list = <T extends z.ZodType>(type: T) =>
  z
    .array(type)
    .nullish()
    .transform((value) => value ?? []);
const id = z.object({ value: z.string() });
const named = z.object({ name: z.string() });

const agentSchema = z.object({
  agent_info: z.object({
    id: optional(id),
    hostname: z.string(),
    attributes: list(z.object({ name: z.string(), text: optional(z.object({ value: z.string() })) })),
    domain: optional(z.object({ fault_domain: optional(z.object({ region: named, zone: named })) })),
  }),
  active: optional(z.boolean()),
  /** Masters before 1.9 do not say. */
  deactivated: optional(z.boolean()),
  drain_info: optional(z.object({ state: optional(z.string()) })),
});

export type Agent = z.output<typeof agentSchema>;

const taskSchema = z.object({
  task_id: id,
  agent_id: optional(id),
  state: optional(z.string()),
});

const agentsSchema = z.object({ agents: list(agentSchema) });

const tasksSchema = z.object({
  tasks: list(taskSchema),
  unreachable_tasks: list(taskSchema),
  completed_tasks: list(taskSchema),
});

export type MesosTasks = z.output<typeof tasksSchema>;

const machine = z.object({ hostname: optional(z.string()), ip: optional(z.string()) });
const nanoseconds = optional(z.object({ nanoseconds: z.number() }));

const windowSchema = z.object({
  machine_ids: list(machine),
  unavailability: z.object({ start: z.object({ nanoseconds: z.number() }), duration: nanoseconds }),
});

/** Machines that are to be away together, and when. */
export type MaintenanceWindow = z.output<typeof windowSchema>;

const statusSchema = z.object({
  draining_machines: list(z.object({ id: machine })),
  down_machines: list(machine),
});

export type MaintenanceStatus = z.output<typeof statusSchema>;

/** Answers by the type of the call. */
export const ANSWERS = {
  GET_AGENTS: z.object({ get_agents: agentsSchema }),
  GET_TASKS: z.object({ get_tasks: tasksSchema }),
  GET_STATE: z.object({
    get_state: z.object({
      get_agents: agentsSchema.prefault({}),
      get_tasks: tasksSchema.prefault({}),
    }),
  }),
  GET_MAINTENANCE_SCHEDULE: z.object({
    get_maintenance_schedule: z.object({ schedule: z.object({ windows: list(windowSchema) }).prefault({}) }),
  }),
  GET_MAINTENANCE_STATUS: z.object({
    get_maintenance_status: z.object({ status: statusSchema.prefault({}) }),
  }),
} as const;

export type MesosState = z.output<(typeof ANSWERS)['GET_STATE']>['get_state'];
