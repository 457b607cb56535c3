import type { Fleet } from './fleet.ts';
import { type Fault, formatPath, type Part, repeated } from './input/fault.ts';
import { nearest, suggest } from './input/near.ts';
import { checkRenders } from './marathon/render/checks.ts';
import { MAX_SET_NAME, setName } from './set-name.ts';
import { checkTemplate, containerPorts, containersOf } from './template-checks.ts';

/** How an app file must agree with the fleet and with itself. Parts that are missing or malformed are passed over. */
export function checkApp(root: Part, fleet: Fleet): Fault[] {
  const groups = root.get('groups').items();
  return [
    ...groups.flatMap((group) => [
      ...known(group.get('environment'), 'environment', fleet.environments),
      ...checkPlacement(group.get('placement'), fleet),
      ...checkImages(group),
      ...checkHealth(group),
      ...checkPorts(group),
      ...checkTraffic(group, fleet),
      ...firstOfEach([...checkTemplate(group.get('template')), ...checkRenders(group, fleet)]),
    ]),
    ...checkGroupNames(groups),
    ...checkSetNames(root),
  ];
}

/** What no template may have is not told again as something that one cluster has not. */
function firstOfEach(faults: Fault[]): Fault[] {
  const byPath = Map.groupBy(faults, ({ path }) => formatPath(path));
  return [...byPath.values()].flatMap((same) => same.slice(0, 1));
}

function known(part: Part, what: string, things: readonly { name: string }[]): Fault[] {
  const names = things.map(({ name }) => name);
  if (part.text === undefined || names.includes(part.text)) return [];
  return [part.fault(`no ${what} ${JSON.stringify(part.text)} in the fleet file`, suggest(part.text, names))];
}

function checkGroupNames(groups: Part[]): Fault[] {
  const byEnvironment = Map.groupBy(groups, (group) => group.get('environment').text);
  return [...byEnvironment].flatMap(([environment, members]) =>
    environment === undefined
      ? []
      : repeated(
          members.map((group) => group.get('name')),
          `in ${environment} the group`,
        ),
  );
}

function checkPlacement(placement: Part, fleet: Fleet): Fault[] {
  const clusters = fleet.idcs.flatMap((idc) => idc.clusters);
  const faults = placement.items().flatMap((place) => {
    const cluster = clusters.find(({ name }) => name === place.get('cluster').text);
    if (cluster === undefined) return known(place.get('cluster'), 'cluster', clusters);
    const az = place.get('az');
    if (az.text === undefined || cluster.azs.includes(az.text)) return [];
    return [az.fault(`cluster ${cluster.name} has no AZ ${JSON.stringify(az.text)}`, suggest(az.text, cluster.azs))];
  });
  const first = new Map<string, Part>();
  for (const place of placement.items()) {
    const [cluster, az] = [place.get('cluster').text, place.get('az').text];
    if (cluster === undefined || az === undefined) continue;
    const other = first.get(`${cluster}/${az}`);
    if (other === undefined) first.set(`${cluster}/${az}`, place);
    else
      faults.push(
        place.fault(`cluster ${cluster}, AZ ${az} is there twice`, `add its instances to ${formatPath(other.path)}`),
      );
  }
  const counts = placement.items().map((place) => place.get('instances').number);
  if (counts.length > 0 && counts.every((count) => count === 0)) {
    faults.push(placement.fault('needs at least 1 instance in all', 'raise "instances" of one of them'));
  }
  return faults;
}

/** OCI repository names, as registries accept them. */
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);

/** A repository without registry host, tag and digest. */
export function isRepository(text: string): boolean {
  return REPOSITORY.test(text) && text.length <= 255;
}

function checkImages(group: Part): Fault[] {
  const images = group.get('images');
  const containers = containersOf(group).flatMap((container) => container.get('name').text ?? []);
  const named = images.keys();
  const strangers = named.filter((name) => containers.length > 0 && !containers.includes(name));
  const bare = named.length === 0 && !images.present ? [] : containers.filter((name) => !named.includes(name));
  return [
    ...strangers.map((name) => images.get(name).fault('is no container of the template', suggest(name, containers))),
    ...bare
      .filter((name) => nearest(name, strangers) === undefined)
      .map((name) => images.fault(`lacks the container ${JSON.stringify(name)}`, `add ${name}: REPOSITORY`)),
    ...named.flatMap((name) => checkRepository(images.get(name))),
  ];
}

function checkRepository(part: Part): Fault[] {
  const { text } = part;
  if (text === undefined) return [];
  const bare = text.replace(/[:@][^/]*$/, '');
  const [first = '', ...rest] = bare.split('/');
  if (rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')) {
    return [
      part.fault(
        'must not name a registry host',
        `each IDC pulls from its own registry: write ${JSON.stringify(rest.join('/'))}`,
      ),
    ];
  }
  if (/[:@]/.test(text)) {
    return [part.fault('must not name a tag or digest', `a release gives the version: write ${JSON.stringify(bare)}`)];
  }
  if (isRepository(text)) return [];
  return [
    part.fault('is no repository name', 'lower-case letters and digits, with . _ - between them, parts separated by /'),
  ];
}

function checkHealth(group: Part): Fault[] {
  const health = group.get('health');
  const codes = health.get('codes');
  // Defaults count too: listing 526 as ignited without emptying "waiting" would leave it with two meanings.
  const defaults: Record<string, number[]> = { ignited: [200], waiting: [526, 528], failed: [527], markedDown: [530] };
  const meanings = new Map<number, string>();
  const faults: Fault[] = [];
  for (const [meaning, usual] of Object.entries(defaults)) {
    const given = codes.get(meaning);
    const listed = given.present
      ? given.items().map((code) => ({ code: code.number, part: code }))
      : usual.map((code) => ({ code, part: codes }));
    for (const { code, part } of listed) {
      if (code === undefined) continue;
      const other = meanings.get(code);
      meanings.set(code, meaning);
      if (other === undefined) continue;
      const message = other === meaning ? `${code} is there twice` : `${code} means ${other} and ${meaning}`;
      faults.push(part.fault(message, 'a code has one meaning and stands in one list, once'));
    }
  }
  return [...faults, ...declared(health.get('port'), group)];
}

function checkPorts(group: Part): Fault[] {
  const ports = group.get('ports').items();
  return [
    ...repeated(
      ports.map((port) => port.get('name')),
      'port name',
    ),
    ...repeated(
      ports.map((port) => port.get('port')),
      'port',
    ),
    ...ports.flatMap((port) => declared(port.get('targetPort'), group)),
  ];
}

/** Where containers declare ports, a port that none of them declares is a slip. */
function declared(port: Part, group: Part): Fault[] {
  const ports = containerPorts(group);
  if (port.number === undefined || ports.length === 0 || ports.includes(port.number)) return [];
  return [port.fault(`${port.number} is no containerPort of the template`, `declared: ${ports.join(', ')}`)];
}

function checkTraffic(group: Part, fleet: Fleet): Fault[] {
  const drivers = group.get('traffic').items();
  return [
    ...drivers.flatMap((driver) => known(driver, 'traffic driver', fleet.trafficDrivers)),
    ...repeated(drivers, 'traffic driver'),
    ...drivers.flatMap((driver) => reachesAll(driver, group.get('placement').items(), fleet)),
  ];
}

/** A HAProxy that carries nothing of an IDC would leave the instances there without traffic for ever. */
function reachesAll(driver: Part, places: Part[], fleet: Fleet): Fault[] {
  const config = fleet.trafficDrivers.find(({ name }) => name === driver.text);
  if (config?.kind !== 'haproxy') return [];
  const clusters = places.map((place) => place.get('cluster').text);
  return fleet.idcs
    .filter((idc) => idc.clusters.some(({ name }) => clusters.includes(name)))
    .filter((idc) => config.processes.every((process) => process.idc !== undefined && process.idc !== idc.name))
    .map((idc) =>
      driver.fault(
        `${JSON.stringify(config.name)} has no HAProxy process in IDC ${idc.name}, where the group has instances`,
        'add one to its "processes" in the fleet file',
      ),
    );
}

/** Names of StatefulSets and Services are made of app, group, AZ and cluster: they must fit and be distinct. */
function checkSetNames(root: Part): Fault[] {
  const app = root.get('app').text;
  const taken = new Map<string, string>();
  return root
    .get('groups')
    .items()
    .flatMap((group) => {
      const name = group.get('name').text;
      const environment = group.get('environment').text;
      if (app === undefined || name === undefined) return [];
      const places = group
        .get('placement')
        .items()
        .flatMap((place) => {
          const [cluster, az] = [place.get('cluster').text, place.get('az').text];
          return cluster === undefined || az === undefined
            ? []
            : [{ part: place, cluster, az, set: place.get('set').text }];
        });
      return places.flatMap(({ part, ...place }, at) => {
        const set = setName(app, { name, placement: places }, place);
        if (set.length > MAX_SET_NAME) {
          const hint = 'it is made of app, group, AZ and cluster: shorten one of these names';
          return [part.fault(`the set name ${set} has ${set.length} characters, ${MAX_SET_NAME} fit`, hint)];
        }
        // Members are named by their set, and are to be told apart.
        const same = places.slice(0, at).some((other) => setName(app, { name, placement: places }, other) === set);
        if (same && place.set !== undefined)
          return [
            part.get('set').fault(`another set of the group is called ${set}, too`, 'make each a group of its own'),
          ];
        const key = JSON.stringify([environment, place.cluster, set]);
        const other = taken.get(key) ?? name;
        taken.set(key, other);
        if (other === name) return [];
        return [part.fault(`the set name ${set} is also one of group ${other}`, 'rename one of the groups')];
      });
    });
}
