import { describe, expect, test } from 'vitest';
import { parseFleet } from '../../../src/domain/fleet.ts';
import { FLEET, refusal, said } from './fixtures.ts';

/** The right fleet file with one text in it replaced. */
function broken(right: string, wrong: string): string {
  if (!FLEET.includes(right)) throw new Error(`the fleet file has no ${right}`);
  return FLEET.replace(right, () => wrong);
}

const SLB =
  '{ name: slb, kind: http, url: "http://slb", drain: { path: /out }, undrain: { path: /in }, isDrained: { path: /is } }';
const withDrivers = (...drivers: string[]): string =>
  withLines(`trafficDrivers:\n${drivers.map((driver) => `  - ${driver}`).join('\n')}`);
const north = '- { name: north-1, kind: kubernetes, kubeconfig: north.yml }';
const clusterWith = (fields: string): string => broken(north, north.replace(' }', `, ${fields} }`));
const registryWith = (field: string): string => broken(":5001' }", `:5001', ${field} }`);
const withReplicas = (...replicas: string[]): string =>
  broken(":5001' }", `:5001' }\n    replicas: [${replicas.join(', ')}]`);
const withLines = (lines: string): string => `${FLEET}${lines}\n`;

// What is wrong, the file, every place it must name.
const ROWS: [string, string, string[]][] = [
  ['an empty file', '', [': must be a mapping, not empty (fill it, or leave it out)']],
  ['a list instead of a mapping', '- a\n- b', [': must be a mapping, not a list']],
  ['a text instead of a mapping', 'north', [': must be a mapping, not a text']],
  [
    'a syntax error',
    broken('azs: [az-1, az-2]', 'azs: [az-1, az-2'),
    [': line 9, column 5: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ],
  [
    'a tab as indent',
    broken('  - name: fat', '\t- name: fat'),
    [': line 4, column 1: Tabs are not allowed as indentation (indent with spaces)'],
  ],
  [
    'a key twice',
    withLines('fleet: other'),
    [': line 19, column 1: the key "fleet" is there twice in one mapping (keep one of them)'],
  ],
  [
    'two keys twice',
    withLines('fleet: other\ncatalogue: { url: x }'),
    [
      ': line 19, column 1: the key "fleet" is there twice in one mapping (keep one of them)',
      ': line 20, column 1: the key "catalogue" is there twice in one mapping (keep one of them)',
    ],
  ],
  [
    'two documents',
    withLines('---\nfleet: other'),
    [': line 19, column 1: a second document starts here (keep one in a file)'],
  ],
  [
    'an alias without anchor',
    broken('fleet: demo', 'fleet: *demo'),
    [': line 2, column 8: Unresolved alias (the anchor must be set before the alias): demo'],
  ],
  [
    'a tag of another schema',
    broken('fleet: demo', 'fleet: !secret demo'),
    [': line 2, column 8: Unresolved tag: !secret'],
  ],
  [
    'a variable unquoted between braces',
    broken("{ url: 'postgres://transship@127.0.0.1:5432/transship' }", '{ url: ${DB} }'),
    [': line 18, column 20: Unexpected flow-map-start at node end (between braces, quote it: "${NAME}")'],
  ],
  [
    'a variable that is not set',
    broken('kubeconfig: north.yml', "kubeconfig: '${NORTH}/config'"),
    [
      'idcs[0].clusters[0].kubeconfig: needs the environment variable NORTH, which is not set (set NORTH, or give a default: ${NORTH:-…})',
    ],
  ],
  [
    'two variables that are not set, in one value',
    broken('kubeconfig: north.yml', "kubeconfig: '${ONE}/${TWO}'"),
    [
      'idcs[0].clusters[0].kubeconfig: needs the environment variable ONE, which is not set (set ONE, or give a default: ${ONE:-…})',
      'idcs[0].clusters[0].kubeconfig: needs the environment variable TWO, which is not set (set TWO, or give a default: ${TWO:-…})',
    ],
  ],
  [
    'a variable that nothing closes',
    broken('kubeconfig: north.yml', "kubeconfig: '${HOME'"),
    [
      'idcs[0].clusters[0].kubeconfig: holds a malformed variable "${" (write ${NAME} or ${NAME:-default}, or $${ for a plain ${)',
    ],
  ],
  [
    'a variable with a bad name',
    broken('kubeconfig: north.yml', "kubeconfig: '${1HOME}'"),
    [
      'idcs[0].clusters[0].kubeconfig: holds a malformed variable "${1HOME}" (write ${NAME} or ${NAME:-default}, or $${ for a plain ${)',
    ],
  ],
  [
    'a variable that leads to a bad value',
    broken('fleet: demo', 'fleet: "${HOME}"'),
    [
      'fleet: must be lower-case letters, digits and dashes, start with a letter, not end with a dash, and have at most 40 characters',
    ],
  ],
  ['no name', broken('fleet: demo', ''), ['fleet: is missing: a text (Name of the fleet.)']],
  [
    'a name with capitals',
    broken('fleet: demo', 'fleet: Demo'),
    [
      'fleet: must be lower-case letters, digits and dashes, start with a letter, not end with a dash, and have at most 40 characters',
    ],
  ],
  ['a name that is a number', broken('fleet: demo', 'fleet: 7'), ['fleet: must be a text, not a number']],
  [
    'an unknown key that is a slip',
    withLines('temporalUI: http://127.0.0.1:8233'),
    ['temporalUI: is not a known key (did you mean "temporalUi"?)'],
  ],
  [
    'an unknown key that is none',
    withLines('colour: red'),
    [
      'colour: is not a known key (known here: fleet, environments, idcs, links, trafficDrivers, limits, catalogue, api, temporalUi)',
    ],
  ],
  [
    'an unknown key deep inside',
    clusterWith('contxt: first'),
    ['idcs[0].clusters[0].contxt: is not a known key (did you mean "context"?)'],
  ],
  [
    'several unknown keys, several places',
    broken(north, '- { nam: north-1, kind: kubernetes, kubecfg: north.yml }'),
    [
      'idcs[0].clusters[0].name: is missing: a text (Name of the cluster, unique in the fleet. App files name it in `placement`.)',
      'idcs[0].clusters[0].kubeconfig: is missing: a text (Path of the kubeconfig file, on the machine of the worker that serves this IDC. Nobody else reads it.)',
      'idcs[0].clusters[0].nam: is not a known key (did you mean "name"?)',
      'idcs[0].clusters[0].kubecfg: is not a known key (known here: name, kind, kubeconfig, context, azs, lostAfterSeconds)',
    ],
  ],
  [
    'no environments',
    broken('environments:\n  - name: fat\n  - name: pro', 'environments: []'),
    ['environments: needs at least 1 entry'],
  ],
  [
    'environments as a mapping',
    broken('environments:\n  - name: fat\n  - name: pro', 'environments: { fat: {}, pro: {} }'),
    ['environments: must be a list, not a mapping'],
  ],
  ['an environment that is a text', broken('- name: fat', '- fat'), ['environments[0]: must be a mapping, not a text']],
  [
    'an environment twice',
    broken('- name: pro', '- name: fat'),
    ['environments[1].name: environment name "fat" is there twice (first at environments[0].name)'],
  ],
  [
    'two environments in one namespace',
    broken('- name: pro', '- { name: pro, namespace: fat }'),
    ['environments[1].namespace: namespace "fat" belongs to environment fat already (give each environment its own)'],
  ],
  [
    'a namespace that Kubernetes refuses',
    broken('- name: pro', '- { name: pro, namespace: My_Pro }'),
    ['environments[1].namespace: must be a Kubernetes namespace: lower-case letters, digits and dashes, at most 63'],
  ],
  [
    'no IDC',
    'fleet: demo\nenvironments: [{ name: fat }]\nidcs: []\ncatalogue: { url: "postgres://db/x" }',
    ['idcs: needs at least 1 entry'],
  ],
  [
    'an IDC twice',
    broken('name: south\n', 'name: north\n'),
    ['idcs[1].name: IDC name "north" is there twice (first at idcs[0].name)'],
  ],
  [
    'an AZ twice',
    broken('azs: [az-1, az-2]', 'azs: [az-1, az-1]'),
    ['idcs[0].azs[1]: AZ "az-1" is there twice (first at idcs[0].azs[0])'],
  ],
  ['no AZ', broken('azs: [az-1, az-2]', 'azs: []'), ['idcs[0].azs: needs at least 1 entry']],
  [
    'a cluster in an AZ of another IDC',
    clusterWith('azs: [az-1, az-3]'),
    ['idcs[0].clusters[0].azs[1]: "az-3" is not an AZ of IDC north (did you mean "az-1"?)'],
  ],
  [
    'a cluster in an AZ that is nowhere',
    clusterWith('azs: [zone-a]'),
    ['idcs[0].clusters[0].azs[0]: "zone-a" is not an AZ of IDC north (there is az-1, az-2)'],
  ],
  [
    'a cluster in an AZ twice',
    clusterWith('azs: [az-1, az-1]'),
    ['idcs[0].clusters[0].azs[1]: AZ "az-1" is there twice (first at idcs[0].clusters[0].azs[0])'],
  ],
  [
    'a cluster name twice, over IDCs',
    broken('name: south-1', 'name: north-1'),
    ['idcs[1].clusters[0].name: cluster name "north-1" is there twice (first at idcs[0].clusters[0].name)'],
  ],
  [
    'a cluster of a kind that is not known',
    broken('kind: kubernetes', 'kind: nomad'),
    ['idcs[0].clusters[0].kind: must be "kubernetes" or "marathon" (there is kubernetes, marathon)'],
  ],
  [
    'a cluster on Mesos without network, with a credential in its address, and two more',
    broken(
      north,
      "- { name: north-m, kind: marathon, urls: ['http://me:secret@m:8080'], basicAuth: { user: me, password: x }, authorization: token=x }",
    ),
    [
      'idcs[0].clusters[0].network: is missing: a text (Name of the container network that gives each task an address of its own. Tasks are reached by that.)',
      'idcs[0].clusters[0].urls[0]: must be http(s)://host:port, or one with a path; no credentials in it',
      'idcs[0].clusters[0].authorization: is there beside basicAuth (one header can be sent)',
    ],
  ],
  [
    'a Marathon twice, in one cluster and in two',
    broken(
      north,
      `- { name: north-m, kind: marathon, urls: ['http://m1:8080', 'http://m1:8080/'], network: n }
      - { name: north-n, kind: marathon, urls: ['http://M1:8080'], network: n, mesos: { urls: ['http://a:5050'], authorization: a, basicAuth: { user: u, password: p } } }`,
    ),
    [
      'idcs[0].clusters[0].urls[1]: is there twice (first at idcs[0].clusters[0].urls[0])',
      'idcs[0].clusters[1].urls[0]: is the same cluster as idcs[0].clusters[0] (each Marathon is one cluster)',
      'idcs[0].clusters[1].mesos.authorization: is there beside basicAuth (one header can be sent)',
    ],
  ],
  [
    'a cluster without kubeconfig',
    broken(', kubeconfig: north.yml', ''),
    [
      'idcs[0].clusters[0].kubeconfig: is missing: a text (Path of the kubeconfig file, on the machine of the worker that serves this IDC. Nobody else reads it.)',
    ],
  ],
  [
    'one cluster under two names',
    broken('kubeconfig: south.yml, azs', 'kubeconfig: north.yml, azs'),
    [
      'idcs[1].clusters[0].kubeconfig: is the same cluster as idcs[0].clusters[0] (name another file or another context)',
    ],
  ],
  [
    'one registry for two IDCs',
    broken('http://127.0.0.1:5002', 'http://127.0.0.1:5001/'),
    ['idcs[1].registry.url: is the registry of another IDC (the same as idcs[0].registry.url; each IDC has its own)'],
  ],
  [
    'a replica that is the main registry',
    withReplicas("{ name: edge, url: 'http://127.0.0.1:5001/' }"),
    ['idcs[0].replicas[0].url: is a registry of this IDC already (the same as idcs[0].registry.url)'],
  ],
  [
    'a replica that is the registry of another IDC',
    withReplicas("{ name: edge, url: 'http://127.0.0.1:5002' }"),
    [
      'idcs[1].registry.url: is the registry of another IDC (the same as idcs[0].replicas[0].url; each IDC has its own)',
    ],
  ],
  [
    'two replicas of one name',
    withReplicas("{ name: edge, url: 'http://a' }", "{ name: edge, url: 'http://b' }"),
    ['idcs[0].replicas[1].name: registry name "edge" is there twice (first at idcs[0].replicas[0].name)'],
  ],
  [
    'a replica with the name of an IDC',
    withReplicas("{ name: south, url: 'http://a' }"),
    [
      'idcs[0].replicas[0].name: "south" is the main registry of an IDC, which has the name of its IDC (give the replica another name)',
    ],
  ],
  [
    'a kind of registry that there is not',
    registryWith('kind: quay'),
    ['idcs[0].registry.kind: must be "distribution" or "harbor" (there is distribution, harbor)'],
  ],
  [
    'a user without password',
    registryWith('credential: { user: a }'),
    ['idcs[0].registry.credential.password: is missing: a text (a user needs one: "${REGISTRY_PASSWORD}")'],
  ],
  [
    'a password without user',
    registryWith('credential: { password: a }'),
    ['idcs[0].registry.credential.user: is missing: a text (whose password is it?)'],
  ],
  [
    'an empty credential',
    registryWith('credential: {}'),
    ['idcs[0].registry.credential: is empty (say user and password, or dockerConfig)'],
  ],
  [
    'two credentials',
    registryWith('credential: { user: a, password: b, dockerConfig: c }'),
    [
      'idcs[0].registry.credential.user: is there beside dockerConfig (keep one of the two)',
      'idcs[0].registry.credential.password: is there beside dockerConfig (keep one of the two)',
    ],
  ],
  [
    'a secret of webhooks that no header can have',
    registryWith("webhookSecret: 'a '"),
    ['idcs[0].registry.webhookSecret: must be a value of an HTTP header: printable ASCII, no blank at its ends'],
  ],
  ['no request at once', registryWith('concurrency: 0'), ['idcs[0].registry.concurrency: must be at least 1']],
  [
    'a link to an IDC that there is not',
    withLines('links: [{ from: north, to: suoth, bytesPerSecond: 1 }]'),
    ['links[0].to: no IDC "suoth" in the fleet file (did you mean "south"?)'],
  ],
  [
    'a link to where it comes from',
    withLines('links: [{ from: north, to: north, bytesPerSecond: 1 }]'),
    ['links[0].to: is where it comes from (a link joins two IDCs)'],
  ],
  [
    'a link twice',
    withLines('links: [{ from: north, to: south, bytesPerSecond: 1 }, { from: north, to: south, bytesPerSecond: 2 }]'),
    [
      'links[1]: the link from north to south is there twice (first at links[0]; other amounts at other times are its "windows")',
    ],
  ],
  [
    'a link that carries nothing, in a window that is none',
    withLines(
      "links: [{ from: north, to: south, bytesPerSecond: 0, windows: [{ window: '22:00', bytesPerSecond: 1 }] }]",
    ),
    [
      'links[0].bytesPerSecond: must be at least 1',
      'links[0].windows[0].window: must be a time of day with its zone: 22:00-06:00 Europe/Berlin',
    ],
  ],
  [
    'a registry url without scheme',
    broken('http://127.0.0.1:5001', '127.0.0.1:5001'),
    ['idcs[0].registry.url: must be http(s)://host or http(s)://host:port, without path or credentials'],
  ],
  [
    'a registry url with a path',
    broken('http://127.0.0.1:5001', 'http://127.0.0.1:5001/v2'),
    ['idcs[0].registry.url: must be http(s)://host or http(s)://host:port, without path or credentials'],
  ],
  [
    'a registry url with credentials',
    broken('http://127.0.0.1:5001', 'http://me:secret@127.0.0.1:5001'),
    ['idcs[0].registry.url: must be http(s)://host or http(s)://host:port, without path or credentials'],
  ],
  [
    'a registry host with a scheme',
    broken("{ url: 'http://127.0.0.1:5001' }", "{ url: 'http://127.0.0.1:5001', host: 'http://north:5000' }"),
    ['idcs[0].registry.host: must be host or host:port'],
  ],
  [
    'a probe proxy without port or scheme',
    broken('azs: [az-1, az-2]', 'azs: [az-1, az-2]\n    probeProxy: proxy'),
    ['idcs[0].probeProxy: must be http(s)://host or http(s)://host:port, without path or credentials'],
  ],
  ['no traffic driver', withLines('trafficDrivers: []'), ['trafficDrivers: needs at least 1 entry']],
  [
    'a traffic driver twice',
    withLines(
      'trafficDrivers:\n  - { name: service, kind: kubernetes-service }\n  - { name: service, kind: kubernetes-service }',
    ),
    ['trafficDrivers[1].name: traffic driver name "service" is there twice (first at trafficDrivers[0].name)'],
  ],
  [
    'a traffic driver of a kind that is not known',
    withDrivers('{ name: edge, kind: haproxi }'),
    ['trafficDrivers[0].kind: must be "kubernetes-service" or "haproxy" or "http" (did you mean "haproxy"?)'],
  ],
  [
    'a traffic driver of no kind',
    withDrivers('{ name: edge }'),
    ['trafficDrivers[0].kind: is missing: "kubernetes-service" or "haproxy" or "http"'],
  ],
  [
    'two drivers for Services',
    withDrivers('{ name: service, kind: kubernetes-service }', '{ name: again, kind: kubernetes-service }'),
    ['trafficDrivers[1].kind: is there already (a Service has one label to select by: name that driver)'],
  ],
  [
    'a HAProxy with a key of another kind',
    withDrivers('{ name: edge, kind: haproxy, processes: [{ socket: /run/admin.sock }], url: "http://slb" }'),
    ['trafficDrivers[0].url: is not a known key (known here: name, kind, processes, backend, server)'],
  ],
  [
    'a HAProxy without processes',
    withDrivers('{ name: edge, kind: haproxy, processes: [] }'),
    ['trafficDrivers[0].processes: needs at least 1 entry'],
  ],
  [
    'a HAProxy socket that is none',
    withDrivers('{ name: edge, kind: haproxy, processes: [{ socket: admin.sock }, { socket: "http://a:1" }] }'),
    [
      'trafficDrivers[0].processes[0].socket: must be /a/path or host:port',
      'trafficDrivers[0].processes[1].socket: must be /a/path or host:port',
    ],
  ],
  [
    'a HAProxy process twice',
    withDrivers('{ name: edge, kind: haproxy, processes: [{ socket: "a:1", idc: north }, { socket: "a:1" }] }'),
    [
      'trafficDrivers[0].processes[1].socket: socket "a:1" is there twice (first at trafficDrivers[0].processes[0].socket)',
    ],
  ],
  [
    'a HAProxy process in an IDC that is not there',
    withDrivers('{ name: edge, kind: haproxy, processes: [{ socket: "a:1", idc: norht }] }'),
    ['trafficDrivers[0].processes[0].idc: no IDC "norht" in the fleet file (did you mean "north"?)'],
  ],
  [
    'names at HAProxy of what no instance has, and of what HAProxy would take for a command',
    withDrivers(
      '{ name: edge, kind: haproxy, processes: [{ socket: "a:1" }], backend: "{instance}", server: "a; disable server" }',
    ),
    [
      'trafficDrivers[0].backend: has no {instance} to fill; there is {app} {group} {env} {idc} {az} {cluster} {member} {ordinal} {address}',
      'trafficDrivers[0].server: must be letters, digits and any of _ . : -, and {placeholders}',
    ],
  ],
  [
    'a load balancer without its calls',
    withDrivers(
      '{ name: slb, kind: http, url: "http://slb/{group}", drain: { path: out }, isDrained: { path: /x, drained: [] } }',
    ),
    [
      'trafficDrivers[0].undrain: is missing: a mapping (Puts a server in again. It must be safe to repeat, too.)',
      'trafficDrivers[0].url: may hold {idc} only',
      'trafficDrivers[0].drain.path: must start with a slash and hold no space',
      'trafficDrivers[0].isDrained.drained: needs at least 1 entry',
    ],
  ],
  [
    'codes that mean out and in at once',
    withDrivers(SLB.replace('path: /is', 'path: /is, serving: [200, 404]')),
    ['trafficDrivers[0].isDrained.serving[0]: 200 means drained already (a code has one meaning)'],
  ],
  ['batches of no size', withLines('limits: { batchPercent: 0 }'), ['limits.batchPercent: must be at least 1']],
  ['batches over half', withLines('limits: { batchPercent: 51 }'), ['limits.batchPercent: must be at most 50']],
  [
    'batches of a fraction',
    withLines('limits: { batchPercent: 12.5 }'),
    ['limits.batchPercent: must be a whole number, not a fraction'],
  ],
  [
    'batches in text',
    withLines('limits: { batchPercent: 25% }'),
    ['limits.batchPercent: must be a number, not a text'],
  ],
  [
    'batches over the largest allowed',
    withLines('limits: { batchPercent: 30, maxBatchPercent: 20 }'),
    ['limits.maxBatchPercent: is less than batchPercent (30) (raise it, or lower batchPercent)'],
  ],
  [
    'the usual batches over the largest allowed',
    withLines('limits: { maxBatchPercent: 20 }'),
    ['limits.maxBatchPercent: is less than batchPercent (25) (raise it, or lower batchPercent)'],
  ],
  ['no time for a person', withLines('limits: { gateHours: 0 }'), ['limits.gateHours: must be more than 0']],
  ['limits that are empty', withLines('limits:'), ['limits: must be a mapping, not empty (fill it, or leave it out)']],
  [
    'no catalogue',
    broken("catalogue: { url: 'postgres://transship@127.0.0.1:5432/transship' }", ''),
    ['catalogue: is missing: a mapping (Where definitions, identities, fences, commands and events are kept.)'],
  ],
  [
    'a catalogue that is no PostgreSQL',
    broken('postgres://transship@127.0.0.1:5432/transship', 'mysql://root:secret@db/transship'),
    ['catalogue.url: must be postgres://user:password@host:port/database'],
  ],
  ['an address to listen on without port', withLines('api: { listen: localhost }'), ['api.listen: must be host:port']],
  ['a Temporal UI without scheme', withLines('temporalUi: localhost:8233'), ['temporalUi: must be an http(s) URL']],
  [
    'wrong in many places: all are told, in the order of the text',
    broken('name: fat', 'name: Fat')
      .replace('north.yml', '"${NOWHERE:?}"')
      .replace('kubernetes', 'kubernets')
      .replace('kubeconfig: south.yml, azs: [az-1]', 'kubeconfig: south.yml, azs: [az-2]'),
    [
      'environments[0].name: must be lower-case letters, digits and dashes, start with a letter, not end with a dash, and have at most 40 characters',
      'idcs[0].clusters[0].kind: must be "kubernetes" or "marathon" (did you mean "kubernetes"?)',
      'idcs[0].clusters[0].kubeconfig: holds a malformed variable "${NOWHERE:?}" (write ${NAME} or ${NAME:-default}, or $${ for a plain ${)',
      'idcs[1].clusters[0].azs[0]: "az-2" is not an AZ of IDC south (did you mean "az-1"?)',
    ],
  ],
];

describe('a malformed fleet file', () => {
  test.each(ROWS)('%s', (_what, text, places) => {
    const { code, places: told } = refusal(() => parseFleet(text, { HOME: '/home/me' }, 'fleet.yml'));
    expect(code).toBe('FLEET_INVALID');
    expect(told.map(said)).toEqual(places);
  });
});
