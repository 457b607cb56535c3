import { z } from 'zod';
import { checkFleet } from './fleet-checks.ts';
import { linkSchema, registrySchema, replicaSchema } from './fleet-registry.ts';
import { gateSchema, gatesSchema } from './gates.ts';
import { readText } from './input/read.ts';
import type { Variables } from './input/substitute.ts';
import { nameSchema } from './name.ts';
import { HOST, originSchema } from './origin.ts';
import { trafficDriverSchema } from './traffic.ts';

const environmentSchema = z
  .strictObject({
    name: nameSchema.describe('Name of the environment, e.g. `pro`. App files and releases name it.'),
    namespace: z
      .string()
      .regex(
        /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
        'must be a Kubernetes namespace: lower-case letters, digits and dashes, at most 63',
      )
      .exactOptional()
      .describe(
        'Kubernetes namespace of its sets, the same in every cluster; two environments never share one. Default: the name.',
      ),
    gates: gatesSchema
      .exactOptional()
      .describe(
        'Where releases to this environment wait: `manual` for a person, or for how long they soak (`30s`, `10m`, `2h`) before they go on. Default: `automatic`, at once. A release may say otherwise.',
      ),
    promote: gateSchema
      .exactOptional()
      .describe(
        'How a release comes here from the environment before, where it goes through several: when a person lets it (`manual`, the default), at once (`automatic`), or when it has stood there for so long (`10m`).',
      ),
  })
  .transform((environment) => ({ namespace: environment.name, ...environment }));

const clusterAzs = z
  .array(nameSchema)
  .min(1)
  .exactOptional()
  .describe('AZs of the IDC that have nodes in this cluster. Default: all of the IDC.');

const lostAfterSeconds = z
  .int()
  .min(5)
  .max(1800)
  .default(60)
  .describe(
    'Seconds without an answer of its API server, or of any Marathon, after which the cluster counts as lost. A release that is told to (`onClusterLoss: requeue`) then goes on without it.',
  );

const kubernetesSchema = z.strictObject({
  name: nameSchema.describe('Name of the cluster, unique in the fleet. App files name it in `placement`.'),
  kind: z.literal('kubernetes').describe('Kubernetes schedules there: an AzSet is a StatefulSet.'),
  kubeconfig: z
    .string()
    .min(1)
    .describe('Path of the kubeconfig file, on the machine of the worker that serves this IDC. Nobody else reads it.'),
  context: z.string().min(1).exactOptional().describe('Context in the kubeconfig. Default: its current context.'),
  azs: clusterAzs,
  lostAfterSeconds,
});

const processUrls = (what: string) =>
  z
    .array(
      z
        .string()
        .regex(
          new RegExp(`^https?://${HOST}(?::\\d{1,5})?(?:/[^\\s?#]*)?$`),
          'must be http(s)://host:port, or one with a path; no credentials in it',
        ),
    )
    .min(1)
    .describe(`\`http(s)://host:port\` of every ${what}: any that lives will do, whoever leads.`);

const basicAuth = z
  .strictObject({
    user: z.string().min(1).describe('Name.'),
    password: z.string().min(1).describe('Take it from the environment: `${MARATHON_PASSWORD}`.'),
  })
  .exactOptional()
  .describe('HTTP Basic. Default: none.');

const authorization = z
  .string()
  .min(1)
  .exactOptional()
  .describe(
    'Value of the header `authorization`, in the place of `basicAuth`: `token=${DCOS_TOKEN}`, `Bearer ${TOKEN}`. Default: none is sent.',
  );

const marathonSchema = z.strictObject({
  name: nameSchema.describe('Name of the cluster, unique in the fleet. App files name it in `placement`.'),
  kind: z.literal('marathon').describe('Marathon schedules there, on Mesos: an AzSet is a folder of apps.'),
  urls: processUrls('Marathon'),
  basicAuth,
  authorization,
  mesos: z
    .strictObject({ urls: processUrls('Mesos master'), basicAuth, authorization })
    .exactOptional()
    .describe(
      'Masters of the Mesos cluster, which know whether a task has ended that Marathon lost sight of. Default: Marathon is believed.',
    ),
  network: z
    .string()
    .min(1)
    .describe('Name of the container network that gives each task an address of its own. Tasks are reached by that.'),
  zoneField: z
    .string()
    .min(1)
    .default('@zone')
    .describe(
      'Field that names the AZ of an agent in constraints: its fault domain, or an attribute of agents, e.g. `zone`.',
    ),
  azs: clusterAzs,
  lostAfterSeconds,
});

const clusterSchema = z.discriminatedUnion('kind', [kubernetesSchema, marathonSchema]);

const idcSchema = z
  .strictObject({
    name: nameSchema.describe('Name of the IDC. Its worker is started with it: `worker.ts --idc NAME`.'),
    azs: z
      .array(nameSchema)
      .min(1)
      .describe('AZs of the IDC: network boundaries, an address cannot leave its AZ. Two IDCs may use one name.'),
    registry: registrySchema.describe(
      'Where the hosts of this IDC pull from: its main registry. Sync rules call it by the name of the IDC.',
    ),
    replicas: z
      .array(replicaSchema)
      .default([])
      .describe('More registries of the IDC, which sync rules may bring images to, or from.'),
    probeProxy: originSchema
      .exactOptional()
      .describe(
        'HTTP forward proxy through which instances of this IDC are probed, where the worker has no route to them. Default: probed directly.',
      ),
    clusters: z.array(clusterSchema).min(1).describe('Clusters of the IDC.'),
  })
  .transform((idc) => ({ ...idc, clusters: idc.clusters.map((cluster) => ({ azs: idc.azs, ...cluster })) }));

const limitsSchema = z.strictObject({
  batchPercent: z
    .int()
    .min(1)
    .max(50)
    .default(25)
    .describe(
      'Size of a batch in percent of the group, rounded down, at least one instance; unless the release says otherwise. Above 25 it also lowers what must keep serving.',
    ),
  maxBatchPercent: z.int().min(1).max(50).default(50).describe('No release may ask for a larger batch, in percent.'),
  pauseSeconds: z
    .number()
    .min(0)
    .max(1800)
    .default(0)
    .describe('Seconds between two batches, unless the release says otherwise.'),
  drainSeconds: z
    .number()
    .min(0)
    .max(600)
    .default(2)
    .describe(
      'Seconds to wait, after an instance left the endpoints, for proxies to notice and open connections to end. Too short, and requests fail.',
    ),
  gateHours: z
    .number()
    .positive()
    .max(168)
    .default(24)
    .describe(
      'Hours that a person has at a failure, a brake or a manual gate. After that a failure or brake ends the operation as FAILURE and leaves the group dirty; at a gate what was done is undone.',
    ),
  remindHours: z
    .number()
    .positive()
    .max(168)
    .default(4)
    .describe('Hours between two reminders of what waits for a person.'),
});

/** What a fleet file may hold. `parseFleet` reads one and checks how its parts agree. */
export const fleetSchema = z.strictObject({
  fleet: nameSchema.describe('Name of the fleet.'),
  environments: z
    .array(environmentSchema)
    .min(1)
    .describe('Environments in the order of promotion, e.g. fat, uat, pro.'),
  idcs: z.array(idcSchema).min(1).describe('Datacentres.'),
  links: z
    .array(linkSchema)
    .default([])
    .describe(
      'What copies of images may take of the links between IDCs. A link that is not here is limited by nothing.',
    ),
  trafficDrivers: z
    .array(trafficDriverSchema)
    .min(1)
    .default([{ name: 'service', kind: 'kubernetes-service' }])
    .describe(
      'Ways by which traffic reaches instances; docs/traffic.md. A group lists the ones it uses, in order; one that lists none uses the first.',
    ),
  limits: limitsSchema.prefault({}).describe('Bounds and defaults of releases.'),
  catalogue: z
    .strictObject({
      url: z
        .string()
        .regex(/^postgres(ql)?:\/\/\S+$/, 'must be postgres://user:password@host:port/database')
        .describe('PostgreSQL connection URL. Take the password from the environment: `${CATALOGUE_URL}`.'),
    })
    .describe('Where definitions, identities, fences, commands and events are kept.'),
  api: z
    .strictObject({
      listen: z
        .string()
        .regex(new RegExp(`^${HOST}:\\d{1,5}$`), 'must be host:port')
        .default('127.0.0.1:8080')
        .describe('`host:port` that the API binds. Without authentication it binds loopback addresses only.'),
      url: originSchema
        .exactOptional()
        .describe(
          '`http(s)://host[:port]` by which registries reach the API, to tell it of pushes. Default: `listen`.',
        ),
    })
    .prefault({})
    .describe('The REST API.'),
  temporalUi: z
    .string()
    .regex(/^https?:\/\/\S+$/, 'must be an http(s) URL')
    .exactOptional()
    .describe(
      'Address of the Temporal web UI, for links. Default: no links. Temporal itself is set by the standard `TEMPORAL_*` variables.',
    ),
});

/** A fleet file with every default filled in. */
export type Fleet = z.output<typeof fleetSchema>;

/** How the fleet file describes a cluster on Mesos. */
export type MarathonConfig = z.output<typeof marathonSchema>;

/** Names of the clusters of kind marathon. */
export function marathonsIn(fleet: Fleet): string[] {
  const clusters = fleet.idcs.flatMap((idc) => idc.clusters);
  return clusters.filter(({ kind }) => kind === 'marathon').map(({ name }) => name);
}

/**
 * Reads a fleet file (YAML).
 * @param env environment variables for `${NAME}` and `${NAME:-default}` in values
 * @param source name of the file, for messages
 * @throws TransshipError FLEET_INVALID with every place that is wrong: path, line, message, hint
 */
export function parseFleet(yamlText: string, env: Variables, source: string): Fleet {
  return readText(yamlText, source, { code: 'FLEET_INVALID', schema: fleetSchema, variables: env, check: checkFleet });
}
