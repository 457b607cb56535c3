import { readFile } from 'node:fs/promises';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type TelemetryOptions,
  type WorkerOptions,
} from '@temporalio/worker';
import { pino } from 'pino';
import { attachedActivities } from '../activities/attached.ts';
import { azSetActivities } from '../activities/azset.ts';
import { bringActivities } from '../activities/bring.ts';
import { connectActivities } from '../activities/connect.ts';
import { controlActivities } from '../activities/control.ts';
import { imageActivities } from '../activities/image.ts';
import { instanceActivities } from '../activities/instance.ts';
import { reconcileActivities } from '../activities/reconcile.ts';
import { stageActivities } from '../activities/stages.ts';
import { syncActivities } from '../activities/sync.ts';
import { turnActivities } from '../activities/turn.ts';
import { openCatalogue, openIdcCatalogue } from '../catalogue/index.ts';
import { parseFleet } from '../domain/fleet.ts';
import { registriesOf } from '../domain/registries.ts';
import { METRIC_BUCKETS, METRICS } from '../temporal/metrics.ts';
import { CONTROL_QUEUE, NAMESPACE, idcQueue, imageQueue } from '../temporal/names.ts';
import { STICKY_MS } from '../temporal/policies.ts';
import { workflowBundle } from './bundle.ts';
import { copiersIn } from './copiers.ts';
import { idcDrivers } from './drivers.ts';
import { keep } from './keeper.ts';
import { countLateSyncs } from './late-syncs.ts';
import { openRegistries } from './registries.ts';
import { tellOfRules } from './rule-drift.ts';
import { testHooks } from './test-hooks.ts';

export interface WorkerRoles {
  control: boolean;
  idcs: string[];
}

/** How long running activities may end by themselves after SIGTERM. */
const SHUTDOWN_GRACE = '20s';

/** Copies of images that a process has under way for an IDC: each may hold some tens of MiB. */
const COPIES_AT_ONCE = 16;

/** Ours, and those of the Temporal SDK. */
function prometheus(bindAddress: string): NonNullable<TelemetryOptions['metrics']> {
  const buckets = Object.fromEntries(Object.values(METRICS).map(({ name }) => [name, METRIC_BUCKETS]));
  return {
    prometheus: {
      bindAddress,
      countersTotalSuffix: true,
      useSecondsForDurations: true,
      histogramBucketOverrides: buckets,
    },
  };
}

/** Runs the workers of the given roles until SIGINT or SIGTERM. */
export async function runWorkers({
  fleetFile,
  roles,
  metrics,
}: {
  fleetFile: string;
  roles: WorkerRoles | 'all';
  /** `host:port` where Prometheus finds the metrics; undefined: nowhere. */
  metrics: string | undefined;
}): Promise<void> {
  const log = pino({ name: 'worker', level: process.env['LOG_LEVEL'] ?? 'info' }, pino.destination(2));
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) =>
      log[level === 'WARN' ? 'warn' : 'error']({ ...meta }, message),
    ),
    ...(process.env['TRANSSHIP_TEST_HOOKS'] === undefined ? {} : { shutdownSignals: [] }),
    ...(metrics === undefined ? {} : { telemetryOptions: { metrics: prometheus(metrics) } }),
  });
  const fleet = parseFleet(await readFile(fleetFile, 'utf8'), process.env, fleetFile);
  const { control, idcs } = roles === 'all' ? { control: true, idcs: fleet.idcs.map(({ name }) => name) } : roles;
  const { connectionOptions, namespace = NAMESPACE } = loadClientConnectConfig();
  const { url } = fleet.catalogue;
  const [catalogue, connection, bundle, hooks] = await Promise.all([
    control ? openCatalogue(url) : null,
    NativeConnection.connect({ address: 'localhost:7233', ...connectionOptions }),
    control ? workflowBundle(log) : undefined,
    testHooks(),
  ]);
  const registries = openRegistries(fleet, idcs, copiersIn(connection.workflowService, namespace));
  const drivers = idcs.map((idc) => ({ idc, images: registries.of(idc), ...idcDrivers(fleet, idc) }));

  const common: Partial<WorkerOptions> & Pick<WorkerOptions, 'connection' | 'namespace'> = {
    connection,
    namespace,
    shutdownGraceTime: SHUTDOWN_GRACE,
    // A cancel reaches an activity with its next heartbeat: at once, not after most of the heartbeat timeout.
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    stickyQueueScheduleToStartTimeout: STICKY_MS,
    ...hooks.options,
  };
  const workers: Worker[] = [];
  if (bundle !== undefined && catalogue !== null) {
    workers.push(
      await Worker.create({
        ...common,
        taskQueue: CONTROL_QUEUE,
        workflowBundle: bundle,
        activities: {
          ...controlActivities(catalogue),
          ...turnActivities(catalogue),
          ...stageActivities(catalogue),
          ...syncActivities(catalogue),
          ...bringActivities(catalogue),
          ...reconcileActivities(catalogue, fleet),
          ...attachedActivities(catalogue, fleet),
        },
      }),
    );
  }
  // Apart from the control side an IDC's worker has the rights of deploy/idc-worker.sql, and needs no more.
  const shared = catalogue ?? (await openIdcCatalogue(url));
  for (const { idc, images, ...own } of drivers) {
    const { copyImage, ...tags } = imageActivities(images, shared);
    workers.push(
      await Worker.create({
        ...common,
        taskQueue: idcQueue(idc),
        activities: {
          ...azSetActivities(own, shared),
          ...instanceActivities(own, shared),
          ...tags,
          ...connectActivities((name) => registries.client(name), fleet),
        },
      }),
      await Worker.create({
        ...common,
        taskQueue: imageQueue(idc),
        activities: { copyImage },
        maxConcurrentActivityTaskExecutions: COPIES_AT_ONCE,
      }),
    );
  }
  const keeping = new AbortController();
  const namespaces = fleet.environments.map(({ namespace }) => namespace);
  const keeper = keep(
    drivers.flatMap(({ clusters }) => clusters),
    namespaces,
    keeping.signal,
    log,
  );
  const gauges = { meter: Runtime.instance().metricMeter, signal: keeping.signal, log };
  const counting =
    catalogue === null || metrics === undefined
      ? []
      : [
          countLateSyncs(
            catalogue,
            registriesOf(fleet).map(({ name }) => name),
            gauges,
          ),
          tellOfRules(catalogue, gauges),
        ];
  log.info({ queues: workers.map((worker) => worker.options.taskQueue), namespace }, 'serving');
  try {
    await Promise.all(workers.map((worker) => worker.run()));
  } finally {
    keeping.abort();
    await keeper;
    await Promise.all(counting);
    await registries.close();
    await connection.close();
    await shared.close();
  }
}
