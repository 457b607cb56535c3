import { readFileSync } from 'node:fs';
import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);

const agentsSchema = z.strictObject({
  /** Port on 127.0.0.1 where the masters take agents (devfleet/mesos). */
  masterPort: z.int(),
  /** What each agent offers: cores, mebibytes, ports. The kubelet of the same host knows nothing of it. */
  resources: z
    .strictObject({
      cpus: z.number().positive().default(32),
      mem: z.number().positive().default(131_072),
      disk: z.number().positive().default(524_288),
      gpus: z.number().min(0).default(0),
      ports: z.array(z.tuple([z.int(), z.int()])).default([[31_000, 32_000]]),
    })
    .prefault({}),
  /** Seconds before a status update that nobody acknowledged is said again; doubles each time. */
  updateRetrySeconds: z.number().positive().default(10),
  /** Seconds between two tries of an agent to reach a master. */
  reconnectSeconds: z.number().positive().default(0.5),
});

/** What `node devfleet/host/main.ts CONFIG.json` reads: the hosts of one IDC. */
const hostsConfigSchema = z
  .strictObject({
    idc: name,
    /** Path of a kubeconfig with admin rights, straight to the API server; where AZs run Kubernetes. */
    kubeconfig: z.string().optional(),
    /** Registry host as it stands in image names → base URL where this IDC's hosts reach it. */
    registryHosts: z.record(z.string(), z.url()),
    /** AZ → its hosts; at most 15. The order numbers the AZs from 1 in addresses. */
    azs: z.record(
      name,
      z.strictObject({
        hosts: z.int().min(1).max(250),
        /** What each of its hosts runs: a kubelet, a Mesos agent, or one of each. */
        runs: z.enum(['kubernetes', 'mesos', 'both']).default('kubernetes'),
      }),
    ),
    /** Of the Mesos agents, where AZs run them. */
    mesos: agentsSchema.optional(),
    /** Second octet of every address of this IDC: pods are 10.<octet>.<az>.<k> and listen on 127.<octet>.<az>.<k>. */
    octet: z.int().min(1).max(254),
    adminPort: z.int(),
    proxyPort: z.int(),
    /** File that keeps the journal; read again at start, so that numbers go on. Default: memory only. */
    journalFile: z.string().optional(),
    /** Seconds between two lease renewals of a Node. */
    leaseSeconds: z.number().positive().max(10).default(5),
    /** Milliseconds between a new pod generation and the status that says it was observed. */
    observedGenerationLagMs: z.number().min(0).max(2000).default(20),
    /** Restart and pull back-off, doubling; the kubelet's own figures by default. */
    backOff: z
      .strictObject({ startSeconds: z.number().positive().default(10), maxSeconds: z.number().positive().default(300) })
      .prefault({}),
    /** Pods that one Node takes. */
    podsPerHost: z.int().positive().default(250),
  })
  .refine(
    ({ azs, mesos }) => mesos !== undefined || Object.values(azs).every(({ runs }) => runs === 'kubernetes'),
    'AZs that run Mesos agents need `mesos`',
  )
  .refine(
    ({ azs, kubeconfig }) => kubeconfig !== undefined || Object.values(azs).every(({ runs }) => runs === 'mesos'),
    'AZs that run kubelets need `kubeconfig`',
  );

export type HostsConfig = z.output<typeof hostsConfigSchema>;
export type AgentsConfig = z.output<typeof agentsSchema>;

/** Reads and checks a config file. @throws with every path that is wrong */
export function readHostsConfig(file: string): HostsConfig {
  const parsed = hostsConfigSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file}:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
