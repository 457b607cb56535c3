import { z } from 'zod';

// What we read of Marathon's answers, and no more: documents of several releases fit, fields that a release lacks may be
// missing, what we do not know passes. Ids are opaque (four grammars of task ids are in use: core/task/Task.scala).

const optional = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);
const list = <T extends z.ZodType>(type: T) =>
  z
    .array(type)
    .nullish()
    .transform((value) => value ?? []);

const healthResultSchema = z.object({ alive: optional(z.boolean()) });

const taskSchema = z.object({
  id: z.string(),
  appId: optional(z.string()),
  host: optional(z.string()),
  slaveId: optional(z.string()),
  /** `TASK_RUNNING`, …; releases before 0.13 name none. */
  state: optional(z.string()),
  stagedAt: optional(z.string()),
  startedAt: optional(z.string()),
  version: optional(z.string()),
  ipAddresses: list(z.object({ ipAddress: z.string(), protocol: optional(z.string()) })),
  healthCheckResults: list(healthResultSchema.nullable()),
});

/** A task as Marathon lists it: launched, and not known to have ended. */
export type Task = z.output<typeof taskSchema>;

/** The latest of an app. */
const failureSchema = z.object({
  taskId: optional(z.string()),
  state: optional(z.string()),
  message: optional(z.string()),
  host: optional(z.string()),
  timestamp: optional(z.string()),
  version: optional(z.string()),
});

export type TaskFailure = z.output<typeof failureSchema>;

const deploymentRefs = list(z.object({ id: z.string() }));

/** Fields of the definition are left in: they are compared with what we wrote. */
const appSchema = z.looseObject({
  id: z.string(),
  instances: z.number(),
  version: optional(z.string()),
  labels: z
    .record(z.string(), z.string())
    .nullish()
    .transform((labels) => labels ?? {}),
  healthChecks: list(z.unknown()),
  deployments: deploymentRefs,
  tasks: list(taskSchema),
  lastTaskFailure: optional(failureSchema),
});

export type App = z.output<typeof appSchema>;

export const appsSchema = z.object({ apps: list(appSchema) });
/** Answer to a change. Older releases name no `deploymentId` in all of them. */
export const changedSchema = z.object({
  version: optional(z.string()),
  deploymentId: optional(z.string()),
  deployments: deploymentRefs,
});

const rejectSchema = z.object({ reason: z.string(), declined: optional(z.number()), processed: optional(z.number()) });

const queuedSchema = z.object({
  /** A queued pod has `pod` instead. */
  app: optional(z.object({ id: z.string() })),
  count: optional(z.number()),
  since: optional(z.string()),
  delay: optional(z.object({ timeLeftSeconds: optional(z.number()), overdue: optional(z.boolean()) })),
  processedOffersSummary: optional(
    z.object({
      processedOffersCount: optional(z.number()),
      rejectSummaryLastOffers: list(rejectSchema),
    }),
  ),
});

/** An app of which tasks wait to be launched. */
export type Queued = z.output<typeof queuedSchema>;

export const queueSchema = z.object({ queue: list(queuedSchema) });

const deploymentSchema = z.object({
  id: z.string(),
  version: optional(z.string()),
  affectedApps: list(z.string()),
  currentStep: optional(z.number()),
  totalSteps: optional(z.number()),
});

/** A change that Marathon is bringing about. */
export type Deployment = z.output<typeof deploymentSchema>;

export const deploymentsSchema = z.array(deploymentSchema);
