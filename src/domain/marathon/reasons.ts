/** What becomes of a field of a Marathon app. */
export const OUTCOMES = ['translated', 'not needed', 'needs a person'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Why: what fields are counted by in the totals. */
export const REASONS = {
  translated: { outcome: 'translated', text: 'the app file says it' },
  default: { outcome: 'not needed', text: 'the default' },
  empty: { outcome: 'not needed', text: 'nothing there' },
  state: { outcome: 'not needed', text: 'what ran, not what is to run' },
  ignored: { outcome: 'not needed', text: 'Marathon takes no notice of it' },
  kubernetes: { outcome: 'not needed', text: 'Kubernetes does it anyhow' },
  transship: { outcome: 'not needed', text: 'Transship does it anyhow' },
  address: { outcome: 'needs a person', text: 'asks for a fixed address' },
  command: { outcome: 'needs a person', text: 'relies on what Mesos puts beside a task' },
  docker: { outcome: 'needs a person', text: 'an option of the Docker command line' },
  download: { outcome: 'needs a person', text: 'files are fetched before the start' },
  environment: { outcome: 'needs a person', text: 'no environment' },
  health: { outcome: 'needs a person', text: 'no health page over plain HTTP' },
  hosts: { outcome: 'needs a person', text: 'a rule about hosts' },
  image: { outcome: 'needs a person', text: 'no image that a release could name' },
  instances: { outcome: 'needs a person', text: 'no instance, or too many' },
  kernel: { outcome: 'needs a person', text: 'a user, profile or namespace of the host' },
  malformed: { outcome: 'needs a person', text: 'a value that is not understood' },
  name: { outcome: 'needs a person', text: 'a name that does not fit' },
  network: { outcome: 'needs a person', text: 'a network that a pod does not have' },
  order: { outcome: 'needs a person', text: 'an order between apps' },
  placement: { outcome: 'needs a person', text: 'no cluster and AZ' },
  pod: { outcome: 'needs a person', text: 'a pod, not an app' },
  port: { outcome: 'needs a person', text: 'a port that the Service cannot offer as it was' },
  secret: { outcome: 'needs a person', text: 'a Secret that has to be there' },
  storage: { outcome: 'needs a person', text: 'data on a disk' },
  traffic: { outcome: 'needs a person', text: 'told to a load balancer or router' },
  unknown: { outcome: 'needs a person', text: 'no field that is known here' },
} as const satisfies Record<string, { outcome: Outcome; text: string }>;

export type Reason = keyof typeof REASONS;

type ReasonOf<O extends Outcome> = { [R in Reason]: (typeof REASONS)[R]['outcome'] extends O ? R : never }[Reason];
export type NotNeeded = ReasonOf<'not needed'>;
export type NeedsPerson = ReasonOf<'needs a person'>;
