import { z } from 'zod';
import { nameSchema } from './name.ts';
import { hostSchema, originSchema } from './origin.ts';
import { isOpen, windowSchema } from './window.ts';

/** A value of an HTTP header, without control characters and blanks at its ends. */
const HEADER = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Whose requests they are: a user's, or whoever a `config.json` of Docker names for the host of the registry. */
export type RegistryCredential = { user: string; password: string } | { dockerConfig: string };

const credentialSchema = z
  .strictObject({
    user: z.string().min(1).exactOptional().describe('Name, e.g. of a robot account.'),
    password: z.string().min(1).exactOptional().describe('Take it from the environment: `${REGISTRY_PASSWORD}`.'),
    dockerConfig: z
      .string()
      .min(1)
      .exactOptional()
      .describe(
        "In the place of both: path of a `config.json` of Docker, on the machine of the IDC's worker; its credential helpers are asked, too.",
      ),
  })
  // That it says one of the two is a check of the whole file (fleet-registry-checks.ts).
  .transform(({ user = '', password = '', dockerConfig }): RegistryCredential =>
    dockerConfig === undefined ? { user, password } : { dockerConfig },
  );

const fields = {
  url: originSchema.describe('`http(s)://host:port`, as Transship reaches it. Every IDC has its own.'),
  host: hostSchema
    .exactOptional()
    .describe(
      'Host as it stands in image names, where the hosts of the IDC see the registry under another name. Default: host of `url`.',
    ),
  kind: z
    .enum(['distribution', 'harbor'])
    .default('distribution')
    .describe("`harbor` where it has Harbor's own API, with projects and robots; `distribution`: any other registry."),
  credential: credentialSchema
    .exactOptional()
    .describe('Who asks, when images are looked for and copied. Default: nobody, anonymous.'),
  webhookSecret: z
    .string()
    .regex(HEADER, 'must be a value of an HTTP header: printable ASCII, no blank at its ends')
    .exactOptional()
    .describe(
      'What the `Authorization` header of its webhooks must say, whole. Take it from the environment. Default: its webhooks are refused.',
    ),
  concurrency: z
    .int()
    .min(1)
    .max(256)
    .default(32)
    .describe('Requests at once that a worker sends it when images are copied: so many that read, as many that write.'),
};

const withHost = <R extends { url: string }>(registry: R): R & { host: string } => ({
  host: registry.url.replace(/^https?:\/\/|\/$/g, ''),
  ...registry,
});

export const registrySchema = z.strictObject(fields).transform(withHost);

export const replicaSchema = z
  .strictObject({
    name: nameSchema.describe('Name of the replica, unique in the fleet, and not that of an IDC. Sync rules name it.'),
    ...fields,
  })
  .transform(withHost);

const bytesPerSecond = z.int().min(1).max(1_000_000_000_000);

export const linkSchema = z.strictObject({
  from: nameSchema.describe('IDC whose registries are read.'),
  to: nameSchema.describe('IDC whose worker reads them, for its own registries.'),
  bytesPerSecond: bytesPerSecond.describe('What all copies together may take.'),
  windows: z
    .array(
      z.strictObject({
        window: windowSchema.describe('Time of every day, with its zone: `22:00-06:00 Europe/Berlin`.'),
        bytesPerSecond: bytesPerSecond.describe('What they may take then.'),
      }),
    )
    .default([])
    .describe('Times of day at which it is another amount. The first that holds counts.'),
});

/** What copies may take of a link between two IDCs. */
export type Link = z.output<typeof linkSchema>;

/** What holds for the link at a time, in bytes a second. */
export function bytesPerSecondAt(link: Link, at: Date): number {
  return link.windows.find(({ window }) => isOpen([window], at))?.bytesPerSecond ?? link.bytesPerSecond;
}
