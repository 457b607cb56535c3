import { checkRegistries } from './fleet-registry-checks.ts';
import { type Fault, formatPath, type Part, repeated } from './input/fault.ts';
import { suggest } from './input/near.ts';

/** How the parts of a fleet file must agree with each other. Parts that are missing or malformed are passed over. */
export function checkFleet(root: Part): Fault[] {
  const environments = root.get('environments').items();
  const idcs = root.get('idcs').items();
  const clusters = idcs.flatMap((idc) => idc.get('clusters').items());
  return [
    ...names(environments, 'environment'),
    ...namespaces(environments),
    ...names(idcs, 'IDC'),
    ...idcs.flatMap((idc) => repeated(idc.get('azs').items(), 'AZ')),
    ...idcs.flatMap(clusterAzs),
    ...names(clusters, 'cluster'),
    ...kubeconfigs(clusters),
    ...marathons(clusters),
    ...clusters.flatMap((cluster) => [...oneCredential(cluster), ...oneCredential(cluster.get('mesos'))]),
    ...checkRegistries(root),
    ...names(root.get('trafficDrivers').items(), 'traffic driver'),
    ...trafficDrivers(root.get('trafficDrivers').items(), idcs),
    ...batchLimits(root.get('limits')),
  ];
}

const names = (parts: Part[], what: string): Fault[] =>
  repeated(
    parts.map((part) => part.get('name')),
    `${what} name`,
  );

/** Sets are named by app, group and AZ: two environments in one namespace would fight over them. */
function namespaces(environments: Part[]): Fault[] {
  const takenBy = new Map<string, string>();
  return environments.flatMap((environment) => {
    const name = environment.get('name').text;
    const given = environment.get('namespace');
    const namespace = given.present ? given.text : name;
    if (namespace === undefined || name === undefined) return [];
    const other = takenBy.get(namespace) ?? name;
    takenBy.set(namespace, other);
    if (other === name) return [];
    const at = given.present ? given : environment.get('name');
    return [
      at.fault(
        `namespace ${JSON.stringify(namespace)} belongs to environment ${other} already`,
        'give each environment its own',
      ),
    ];
  });
}

function clusterAzs(idc: Part): Fault[] {
  const known = idc
    .get('azs')
    .items()
    .flatMap(({ text }) => text ?? []);
  const lists = idc
    .get('clusters')
    .items()
    .map((cluster) => cluster.get('azs').items());
  return lists.flatMap((azs) => [
    ...repeated(azs, 'AZ'),
    ...azs.flatMap((az) =>
      az.text === undefined || known.includes(az.text)
        ? []
        : [
            az.fault(
              `${JSON.stringify(az.text)} is not an AZ of IDC ${idc.get('name').text ?? '(unnamed)'}`,
              suggest(az.text, known),
            ),
          ],
    ),
  ]);
}

/** One cluster under two names would have its instances counted twice. */
function kubeconfigs(clusters: Part[]): Fault[] {
  const first = new Map<string, Part>();
  return clusters.flatMap((cluster) => {
    const file = cluster.get('kubeconfig');
    if (file.text === undefined) return [];
    const key = JSON.stringify([file.text, cluster.get('context').text ?? null]);
    const other = first.get(key);
    if (other === undefined) first.set(key, cluster);
    return other === undefined
      ? []
      : [file.fault(`is the same cluster as ${formatPath(other.path)}`, 'name another file or another context')];
  });
}

/** The same of Marathons, by any of their processes. */
function marathons(clusters: Part[]): Fault[] {
  const first = new Map<string, { at: Part; of: Part }>();
  return clusters.flatMap((of) =>
    of
      .get('urls')
      .items()
      .flatMap((at) => {
        const key = at.text?.toLowerCase().replace(/\/$/, '');
        if (key === undefined) return [];
        const other = first.get(key);
        if (other === undefined) first.set(key, { at, of });
        if (other === undefined) return [];
        return other.of === of
          ? [at.fault('is there twice', `first at ${formatPath(other.at.path)}`)]
          : [at.fault(`is the same cluster as ${formatPath(other.of.path)}`, 'each Marathon is one cluster')];
      }),
  );
}

function oneCredential(part: Part): Fault[] {
  const { present } = part.get('basicAuth');
  const header = part.get('authorization');
  return present && header.present ? [header.fault('is there beside basicAuth', 'one header can be sent')] : [];
}

/** Services are one way, whatever it is called; and HAProxy's processes belong to IDCs that there are, each told once. */
function trafficDrivers(drivers: Part[], idcs: Part[]): Fault[] {
  const known = idcs.flatMap((idc) => idc.get('name').text ?? []);
  const services = drivers.filter((driver) => driver.get('kind').text === 'kubernetes-service');
  const named = new Set(services.map((driver) => driver.get('name').text));
  const twice = named.size < services.length ? [] : services.slice(1);
  return [
    ...twice.map((driver) =>
      driver.get('kind').fault('is there already', 'a Service has one label to select by: name that driver'),
    ),
    ...drivers.flatMap((driver) => codeMeanings(driver.get('isDrained'))),
    ...drivers.flatMap((driver) => {
      const processes = driver.get('processes').items();
      return [
        ...repeatedSockets(processes),
        ...processes.flatMap((process) => {
          const idc = process.get('idc');
          if (idc.text === undefined || known.includes(idc.text)) return [];
          return [idc.fault(`no IDC ${JSON.stringify(idc.text)} in the fleet file`, suggest(idc.text, known))];
        }),
      ];
    }),
  ];
}

/** Of a load balancer that answers: a code that said both would be read as "drained" while traffic flows. */
function codeMeanings(isDrained: Part): Fault[] {
  const numbers = (key: string, usual: number): { number: number | undefined; at: Part }[] => {
    const given = isDrained.get(key);
    return given.present ? given.items().map((at) => ({ number: at.number, at })) : [{ number: usual, at: given }];
  };
  const drained = numbers('drained', 200).map(({ number }) => number);
  return numbers('serving', 409)
    .filter(({ number }) => number !== undefined && drained.includes(number))
    .map(({ number, at }) => at.fault(`${number ?? ''} means drained already`, 'a code has one meaning'));
}

/** One process asked twice. A path of a Unix socket may well be there in every IDC: each has workers of its own. */
function repeatedSockets(processes: Part[]): Fault[] {
  const isSame = (one: Part, other: Part): boolean => {
    const [idc, otherIdc] = [one.get('idc').text, other.get('idc').text];
    return one.get('socket').text === other.get('socket').text && (idc ?? otherIdc) === (otherIdc ?? idc);
  };
  return processes.flatMap((process, index) => {
    const socket = process.get('socket');
    const earlier = processes.slice(0, index).find((other) => isSame(process, other));
    if (socket.text === undefined || earlier === undefined) return [];
    const first = formatPath([...earlier.path, 'socket']);
    return [socket.fault(`socket ${JSON.stringify(socket.text)} is there twice`, `first at ${first}`)];
  });
}

function batchLimits(limits: Part): Fault[] {
  const most = limits.get('maxBatchPercent');
  const usual = limits.get('batchPercent').number ?? 25;
  if (most.number === undefined || usual <= most.number) return [];
  return [most.fault(`is less than batchPercent (${usual})`, 'raise it, or lower batchPercent')];
}
