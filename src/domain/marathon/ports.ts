import type { Part } from '../input/fault.ts';
import { nameSchema } from '../name.ts';
import { inContainer } from './draft.ts';
import { type Job, variablesIn } from './job.ts';
import { networkMode } from './networks.ts';

/** A port of the app, in the order by which `portIndex` and `PORT0` count. */
export interface Port {
  /** As the app calls it. */
  name?: string;
  /** On which it listens. */
  number: number;
}

/** The ports of an app: Marathon gives one to those that name none. */
export type Ports = readonly [Port, ...Port[]];

/** Where a list of ports keeps the number on which the app listens. */
interface Shape {
  items: Part[];
  number: (item: Part) => Part;
}

/** Numbers are given from here to ports for which the app takes any. */
const FIRST_FREE = 8080;

/** Ports of every shape: container and Service ports of ours. */
export function translatePorts(job: Job): Ports {
  const { app, draft, ledger } = job;
  const mode = networkMode(app);
  leaveOut(job, mode === 'host');
  const { items, number } = shapeOf(app, mode === 'host');
  const fixed = new Set(items.map((item) => number(item).number ?? 0));
  const [first, ...others] = items.map((item, at) => translatePort(job, item, number(item), { at, fixed }));
  if (first !== undefined) return offered(job, [first, ...others]);

  // Marathon gives an app without ports one, of any number: one that is not used is not to be told from one that is.
  const checks = app.get('healthChecks').items();
  const checked = checks.map((check) => check.get('port')).filter((asked) => isPort(asked));
  const port = { number: checked[0]?.number ?? FIRST_FREE };
  draft.push(inContainer('ports'), { containerPort: port.number });
  const to = draft.push(['ports'], { name: `port-${port.number}`, port: port.number, targetPort: port.number });
  const isUsed = checked.length > 0 || variablesIn(app).some((name) => /^PORT(S|\d+|_\w+)?$/.test(name));
  if (!isUsed) ledger.missing('ports', 'port', 'on which port does it listen? The Service of a group needs one', [to]);
  return [port];
}

function shapeOf(app: Part, isHost: boolean): Shape {
  const filled = (part: Part): Part[] | undefined => (part.items().length === 0 ? undefined : part.items());
  if (isHost) {
    const definitions = filled(app.get('portDefinitions'));
    if (definitions !== undefined) return { items: definitions, number: (item) => item.get('port') };
    return { items: app.get('ports').items(), number: (item) => item };
  }
  const container = app.get('container');
  const mappings = filled(container.get('portMappings')) ?? filled(container.get('docker').get('portMappings'));
  if (mappings !== undefined) return { items: mappings, number: (item) => item.get('containerPort') };
  return { items: app.get('ipAddress').get('discovery').get('ports').items(), number: (item) => item.get('number') };
}

/** Ports of the other kind of network are dropped by Marathon, too (AppNormalization.scala). */
function leaveOut({ app, ledger }: Job, isHost: boolean): void {
  const container = app.get('container');
  const unused = isHost
    ? [container.get('portMappings'), container.get('docker').get('portMappings')]
    : [app.get('portDefinitions'), app.get('ports')];
  for (const part of unused)
    ledger.whole(part, 'ignored', isHost ? "the host's network has none" : "it is for the host's network");
  const required = app.get('requirePorts');
  if (required.value === false) ledger.notNeeded(required, 'default');
  if (required.value === true) {
    if (isHost)
      ledger.person(required, 'port', 'its ports were those of its host: who asks there has to ask the Service');
    else ledger.notNeeded(required, 'ignored', "it is for the host's network only");
  }
}

function translatePort(job: Job, item: Part, given: Part, { at, fixed }: { at: number; fixed: Set<number> }): Port {
  const { draft, ledger } = job;
  const named = item.get('name');
  const number = isPort(given) ? Number(given.number) : free(fixed);
  const protocol = item.get('protocol');
  const udpOnly = protocol.text === 'udp';
  const inPod = draft.push(inContainer('ports'), { containerPort: number, ...(udpOnly ? { protocol: 'UDP' } : {}) });
  const to = [inPod];
  const offers = (draft.at(['ports']) ?? []) as { name: string; port: number }[];
  const wanted = isPort(item.get('servicePort')) ? Number(item.get('servicePort').number) : 0;
  const port = wanted > 0 ? wanted : number;
  const isFree = offers.every((other) => other.port !== port);
  if (!udpOnly && isFree) {
    const name = serviceName(named.text, number, offers);
    const offer = draft.push(['ports'], { name, port, targetPort: number });
    to.push(`${offer}.targetPort`);
    if (name === named.text) ledger.translated(named, `${offer}.name`);
    else if (named.text !== undefined)
      ledger.person(named, 'name', 'no port may be called so: choose a name', `${offer}.name`);
    if (wanted > 0) ledger.translated(item.get('servicePort'), `${offer}.port`);
  } else {
    ledger.person(named, 'port', 'the Service of the group does not have it: who asks for it?');
    if (wanted > 0) ledger.person(item.get('servicePort'), 'port', 'the Service of the group does not have it');
  }
  if (item.get('servicePort').number === 0) ledger.notNeeded(item.get('servicePort'), 'default');
  if (isPort(given)) ledger.translated(given, to);
  else if (given.number === 0) ledger.translated(given, to, `any: $PORT${at} says which`);
  translateHostPort(job, item);
  if (protocol.text === 'tcp') ledger.notNeeded(protocol, 'default');
  else if (protocol.text === 'udp' || protocol.text === 'udp,tcp')
    ledger.person(protocol, 'port', 'the Service of a group offers TCP only: how do clients reach it by UDP?', inPod);
  return { ...(named.text === undefined ? {} : { name: named.text }), number };
}

/** What else a port may say: its number on the agent, labels, and to which networks it belongs. */
function translateHostPort({ app, ledger }: Job, item: Part): void {
  const host = item.get('hostPort');
  if (host.number === 0) ledger.notNeeded(host, 'default');
  else if (host.number !== undefined)
    ledger.person(host, 'port', 'it had this port of its host: who asks there has to ask the Service');
  const labels = item.get('labels');
  for (const key of labels.keys())
    ledger.person(labels.get(key), 'traffic', 'read by a load balancer or router: use the Service of the group');
  const names = item.get('networkNames');
  if (names.items().length === 0) return;
  if (app.get('networks').items().length < 2) ledger.notNeeded(names, 'kubernetes', 'there is one network');
  else ledger.person(names, 'network', 'a pod has one address: which network?');
}

/** The ports, where the Service has at least one of them; else one is made for it, for a person to mend. */
function offered({ draft, ledger }: Job, ports: Ports): Ports {
  if (draft.at(['ports']) !== undefined) return ports;
  const [{ number }] = ports;
  const to = draft.push(['ports'], { name: `port-${number}`, port: number, targetPort: number });
  ledger.missing('ports', 'port', 'no port is one of TCP, and the Service of a group offers TCP only', [to]);
  return ports;
}

/** The port's own name where it fits and is free, else one made of its number. */
function serviceName(name: string | undefined, number: number, offers: { name: string }[]): string {
  const isFree = (text: string): boolean => offers.every((other) => other.name !== text);
  if (name !== undefined && nameSchema.safeParse(name).success && isFree(name)) return name;
  return [`port-${number}`, ...offers.map((_, at) => `port-${number}-${at + 2}`)].find(isFree) ?? `port-${number}`;
}

/** A number that a port can have; 0 and what is none are not. */
export function isPort({ number }: Part): boolean {
  return number !== undefined && Number.isInteger(number) && number > 0 && number <= 65_535;
}

/** The next number that no port asks for. */
function free(taken: Set<number>): number {
  let number = FIRST_FREE;
  while (taken.has(number)) number++;
  taken.add(number);
  return number;
}
