import { z } from 'zod';
import { checkApp } from './app-checks.ts';
import type { Fleet } from './fleet.ts';
import { readText } from './input/read.ts';
import { nameSchema } from './name.ts';
import { MAX_SET_NAME } from './set-name.ts';

const port = z.int().min(1).max(65_535);
const statusCodes = z.array(z.int().min(100).max(999));

const healthSchema = z.strictObject({
  path: z.string().startsWith('/', 'must start with a slash').default('/health').describe('Path of the health page.'),
  port: port.describe('Port of the health page, in the pod.'),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(180)
    .describe(
      'Seconds from the start of the new container until ignition must be done; after that the instance has failed.',
    ),
  codes: z
    .strictObject({
      ignited: statusCodes.min(1).default([200]).describe('Ready for traffic.'),
      waiting: statusCodes.default([526, 528]).describe('Still warming up: asked again until `timeoutSeconds`.'),
      failed: statusCodes.default([527]).describe('Ignition failed: the instance has failed at once.'),
      markedDown: statusCodes
        .default([530])
        .describe('Marked down by the application or an operator: stays out of traffic.'),
    })
    .prefault({})
    .describe(
      'What the HTTP status of the health page means. A code has one meaning; one that is not listed means waiting.',
    ),
});

const placeSchema = z.strictObject({
  cluster: z.string().describe('Cluster of the fleet file.'),
  az: z.string().describe('AZ that has nodes in the cluster.'),
  instances: z.int().min(0).max(5000).describe('Instances there, at the first release.'),
  set: z
    .string()
    .regex(
      new RegExp(`^(?=.{1,${String(MAX_SET_NAME)}}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$`),
      `must be lower-case letters, digits and dashes, with a letter or digit at both ends, and have at most ${String(MAX_SET_NAME)} characters`,
    )
    .exactOptional()
    .describe(
      'Name of the StatefulSet, where there is one that is to be adopted. Default: made of app, group and AZ. Once in the group.',
    ),
});

const servicePortSchema = z.strictObject({
  name: nameSchema.describe('Name of the port in the Service.'),
  port: port.describe('Port that clients of the Service use.'),
  targetPort: port.describe('Port in the pod.'),
});

const templateSchema = z.strictObject({
  metadata: z
    .strictObject({
      labels: z.record(z.string(), z.string()).exactOptional().describe('Labels of the pods.'),
      annotations: z.record(z.string(), z.string()).exactOptional().describe('Annotations of the pods.'),
    })
    .exactOptional()
    .describe('Metadata of the pods.'),
  spec: z
    .looseObject({
      containers: z
        .array(z.looseObject({ name: z.string().describe('Named as in `images`.') }))
        .min(1)
        .describe('Containers as Kubernetes knows them, without `image`.'),
    })
    .describe(
      'PodSpec as Kubernetes knows it. Refused: `nodeName`, `hostNetwork`, `schedulingGates`, a `restartPolicy` other than Always.',
    ),
});

export const groupSchema = z.strictObject({
  name: nameSchema.describe('Name of the group, once per environment.'),
  environment: z.string().describe('Environment of the fleet file.'),
  placement: z
    .array(placeSchema)
    .min(1)
    .describe(
      'Where the instances are, one AzSet each. Their order numbers the instances: round robin. It cannot change once they exist.',
    ),
  images: z
    .record(z.string(), z.string())
    .describe(
      'Container → repository, without registry host and tag: the version of a release is the tag, each IDC pulls from its own registry.',
    ),
  health: healthSchema.describe('How an instance says that it is ignited (warmed up).'),
  ports: z.array(servicePortSchema).min(1).describe("Ports that the group's Service offers."),
  traffic: z
    .array(z.string())
    .min(1)
    .exactOptional()
    .describe(
      'Traffic drivers of the fleet file, in order: out means all, in order. Default: the first of the fleet file.',
    ),
  template: templateSchema.describe('Kubernetes PodTemplateSpec, without images.'),
});

/** What an app file may hold. `parseApp` reads one and checks it against the fleet. */
export const appSchema = z.strictObject({
  app: nameSchema.describe('Name of the app.'),
  owner: z.string().exactOptional().describe('Who answers for it: a person or a team.'),
  description: z.string().exactOptional().describe('What it does, in a line.'),
  groups: z.array(groupSchema).min(1).describe('Groups, in the order in which a release takes them.'),
});

/** A group of an app with every default filled in, those of the fleet file too. */
export type GroupDefinition = z.output<typeof groupSchema> & { traffic: string[] };

/** An app file with every default filled in. */
export type AppDefinition = Omit<z.output<typeof appSchema>, 'groups'> & { groups: GroupDefinition[] };

/**
 * Reads an app file (YAML or JSON).
 * @param source name of the file, for messages
 * @throws TransshipError APP_INVALID with every place that is wrong: path, line, message, hint
 */
export function parseApp(yamlText: string, fleet: Fleet, source: string): AppDefinition {
  const check = (root: Parameters<typeof checkApp>[0]) => checkApp(root, fleet);
  const app = readText(yamlText, source, { code: 'APP_INVALID', schema: appSchema, check });
  const traffic = fleet.trafficDrivers.slice(0, 1).map(({ name }) => name);
  return { ...app, groups: app.groups.map((group) => ({ traffic, ...group })) };
}
