import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseApp } from '../../../src/domain/app.ts';
import { parseFleet } from '../../../src/domain/fleet.ts';
import { appText, FLEET, fleet, group, refusal, said, template } from './fixtures.ts';

/** An app with one group that is placed so. */
const at = (...placement: object[]): string => appText([group({ placement })]);

// What is wrong, the file, every place it must name.
const ROWS: [string, string, string[]][] = [
  ['an empty file', '', [': must be a mapping, not empty (fill it, or leave it out)']],
  ['a list instead of a mapping', '[]', [': must be a mapping, not a list']],
  [
    'a syntax error',
    'app: shop\ngroups: [\n',
    [': line 3, column 1: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ],
  [
    'a key twice',
    `${appText()}app: other\n`,
    [': line 26, column 1: the key "app" is there twice in one mapping (keep one of them)'],
  ],
  ['no name', stringify({ groups: [group()] }), ['app: is missing: a text (Name of the app.)']],
  [
    'a name with a blank',
    appText(undefined, { app: 'my shop' }),
    [
      'app: must be lower-case letters, digits and dashes, start with a letter, not end with a dash, and have at most 40 characters',
    ],
  ],
  ['an unknown key', appText(undefined, { ownr: 'me' }), ['ownr: is not a known key (did you mean "owner"?)']],
  ['no groups', appText([]), ['groups: needs at least 1 entry']],
  [
    'a group name that ends with a dash',
    appText([group({ name: 'web-' })]),
    [
      'groups[0].name: must be lower-case letters, digits and dashes, start with a letter, not end with a dash, and have at most 40 characters',
    ],
  ],
  [
    'an environment that is a slip',
    appText([group({ environment: 'fatt' })]),
    ['groups[0].environment: no environment "fatt" in the fleet file (did you mean "fat"?)'],
  ],
  [
    'an environment that is nowhere',
    appText([group({ environment: 'staging' })]),
    ['groups[0].environment: no environment "staging" in the fleet file (there is fat, pro)'],
  ],
  [
    'one group twice in an environment',
    appText([group(), group()]),
    ['groups[1].name: in fat the group "web" is there twice (first at groups[0].name)'],
  ],
  ['no placement', appText([group({ placement: [] })]), ['groups[0].placement: needs at least 1 entry']],
  [
    'a cluster that is a slip',
    at({ cluster: 'nort-1', az: 'az-1', instances: 1 }),
    ['groups[0].placement[0].cluster: no cluster "nort-1" in the fleet file (did you mean "north-1"?)'],
  ],
  [
    'a cluster that is nowhere',
    at({ cluster: 'west', az: 'az-1', instances: 1 }),
    ['groups[0].placement[0].cluster: no cluster "west" in the fleet file (there is north-1, south-1, south-2)'],
  ],
  [
    'an AZ that its IDC has and the cluster has not',
    at({ cluster: 'south-1', az: 'az-3', instances: 1 }),
    ['groups[0].placement[0].az: cluster south-1 has no AZ "az-3" (did you mean "az-1"?)'],
  ],
  [
    'an AZ that is a slip',
    at({ cluster: 'north-1', az: 'az1', instances: 1 }),
    ['groups[0].placement[0].az: cluster north-1 has no AZ "az1" (did you mean "az-1"?)'],
  ],
  [
    'one AZ of one cluster twice',
    at({ cluster: 'north-1', az: 'az-1', instances: 1 }, { cluster: 'north-1', az: 'az-1', instances: 2 }),
    ['groups[0].placement[1]: cluster north-1, AZ az-1 is there twice (add its instances to groups[0].placement[0])'],
  ],
  [
    'no instances at all',
    at({ cluster: 'north-1', az: 'az-1', instances: 0 }, { cluster: 'north-1', az: 'az-2', instances: 0 }),
    ['groups[0].placement: needs at least 1 instance in all (raise "instances" of one of them)'],
  ],
  [
    'less than no instances',
    at({ cluster: 'north-1', az: 'az-1', instances: -1 }),
    ['groups[0].placement[0].instances: must be at least 0'],
  ],
  [
    'half an instance',
    at({ cluster: 'north-1', az: 'az-1', instances: 1.5 }),
    ['groups[0].placement[0].instances: must be a whole number, not a fraction'],
  ],
  [
    'more instances than a set may have',
    at({ cluster: 'north-1', az: 'az-1', instances: 5001 }),
    ['groups[0].placement[0].instances: must be at most 5000'],
  ],
  [
    'a placement without count',
    at({ cluster: 'north-1', az: 'az-1' }),
    ['groups[0].placement[0].instances: is missing: a whole number (Instances there, at the first release.)'],
  ],
  [
    'no images',
    appText([group({ images: {} })]),
    ['groups[0].images: lacks the container "web" (add web: REPOSITORY)'],
  ],
  [
    'an image for no container',
    appText([group({ images: { web: 'shop/web', cache: 'shop/cache' } })]),
    ['groups[0].images.cache: is no container of the template (there is web)'],
  ],
  [
    'an image whose container is a slip',
    appText([group({ images: { wep: 'shop/web' } })]),
    ['groups[0].images.wep: is no container of the template (did you mean "web"?)'],
  ],
  [
    'a container without image',
    appText([group({ template: template({ containers: [{ name: 'web' }, { name: 'cache' }] }) })]),
    ['groups[0].images: lacks the container "cache" (add cache: REPOSITORY)'],
  ],
  [
    'an image with registry host',
    appText([group({ images: { web: 'registry.north:5000/shop/web' } })]),
    ['groups[0].images.web: must not name a registry host (each IDC pulls from its own registry: write "shop/web")'],
  ],
  [
    'an image with localhost',
    appText([group({ images: { web: 'localhost/web' } })]),
    ['groups[0].images.web: must not name a registry host (each IDC pulls from its own registry: write "web")'],
  ],
  [
    'an image with tag',
    appText([group({ images: { web: 'shop/web:v1' } })]),
    ['groups[0].images.web: must not name a tag or digest (a release gives the version: write "shop/web")'],
  ],
  [
    'an image with digest',
    appText([group({ images: { web: 'shop/web@sha256:00' } })]),
    ['groups[0].images.web: must not name a tag or digest (a release gives the version: write "shop/web")'],
  ],
  [
    'an image with host and tag',
    appText([group({ images: { web: 'registry.north:5000/shop/web:v1' } })]),
    ['groups[0].images.web: must not name a registry host (each IDC pulls from its own registry: write "shop/web")'],
  ],
  [
    'an image in capitals',
    appText([group({ images: { web: 'Shop/Web' } })]),
    [
      'groups[0].images.web: is no repository name (lower-case letters and digits, with . _ - between them, parts separated by /)',
    ],
  ],
  [
    'an image that ends with a slash',
    appText([group({ images: { web: 'shop/' } })]),
    [
      'groups[0].images.web: is no repository name (lower-case letters and digits, with . _ - between them, parts separated by /)',
    ],
  ],
  [
    'an image that is no text',
    appText([group({ images: { web: 1 } })]),
    ['groups[0].images.web: must be a text, not a number'],
  ],
  [
    'no health',
    appText([group({ health: undefined })]),
    ['groups[0].health: is missing: a mapping (How an instance says that it is ignited (warmed up).)'],
  ],
  [
    'a health path without slash',
    appText([group({ health: { port: 8080, path: 'health' } })]),
    ['groups[0].health.path: must start with a slash'],
  ],
  [
    'a health port that no container declares',
    appText([group({ health: { port: 8081 } })]),
    ['groups[0].health.port: 8081 is no containerPort of the template (declared: 8080)'],
  ],
  [
    'a health port out of range',
    appText([group({ health: { port: 70000 } })]),
    ['groups[0].health.port: must be at most 65535'],
  ],
  [
    'no time to ignite',
    appText([group({ health: { port: 8080, timeoutSeconds: 0 } })]),
    ['groups[0].health.timeoutSeconds: must be at least 1'],
  ],
  [
    'a health code with two meanings',
    appText([group({ health: { port: 8080, codes: { failed: [500, 527], markedDown: [500] } } })]),
    [
      'groups[0].health.codes.markedDown[0]: 500 means failed and markedDown (a code has one meaning and stands in one list, once)',
    ],
  ],
  [
    'a health code that a default has too',
    appText([group({ health: { port: 8080, codes: { ignited: [200, 526] } } })]),
    ['groups[0].health.codes: 526 means ignited and waiting (a code has one meaning and stands in one list, once)'],
  ],
  [
    'a health code twice in one list',
    appText([group({ health: { port: 8080, codes: { ignited: [200, 200] } } })]),
    ['groups[0].health.codes.ignited[1]: 200 is there twice (a code has one meaning and stands in one list, once)'],
  ],
  [
    'a health code that HTTP does not know',
    appText([group({ health: { port: 8080, codes: { failed: [20] } } })]),
    ['groups[0].health.codes.failed[0]: must be at least 100'],
  ],
  [
    'no health code for ignited',
    appText([group({ health: { port: 8080, codes: { ignited: [] } } })]),
    ['groups[0].health.codes.ignited: needs at least 1 entry'],
  ],
  ['no ports', appText([group({ ports: [] })]), ['groups[0].ports: needs at least 1 entry']],
  [
    'a target port that no container declares',
    appText([group({ ports: [{ name: 'http', port: 80, targetPort: 80 }] })]),
    ['groups[0].ports[0].targetPort: 80 is no containerPort of the template (declared: 8080)'],
  ],
  [
    'a port and its name twice',
    appText([
      group({
        ports: [
          { name: 'http', port: 80, targetPort: 8080 },
          { name: 'http', port: 80, targetPort: 8080 },
        ],
      }),
    ]),
    [
      'groups[0].ports[1].name: port name "http" is there twice (first at groups[0].ports[0].name)',
      'groups[0].ports[1].port: port 80 is there twice (first at groups[0].ports[0].port)',
    ],
  ],
  [
    'a traffic driver that is a slip',
    appText([group({ traffic: ['servise'] })]),
    ['groups[0].traffic[0]: no traffic driver "servise" in the fleet file (did you mean "service"?)'],
  ],
  [
    'a traffic driver twice',
    appText([group({ traffic: ['service', 'service'] })]),
    ['groups[0].traffic[1]: traffic driver "service" is there twice (first at groups[0].traffic[0])'],
  ],
  ['no traffic driver', appText([group({ traffic: [] })]), ['groups[0].traffic: needs at least 1 entry']],
  [
    'no template',
    appText([group({ template: undefined })]),
    ['groups[0].template: is missing: a mapping (Kubernetes PodTemplateSpec, without images.)'],
  ],
  [
    'no containers',
    appText([group({ template: template({ containers: [] }) })]),
    ['groups[0].template.spec.containers: needs at least 1 entry'],
  ],
  [
    'a container without name',
    appText([group({ template: template({ containers: [{ image: 'x' }] }) })]),
    [
      'groups[0].template.spec.containers[0].name: is missing: a text (Named as in `images`.)',
      'groups[0].template.spec.containers[0].image: must not be set (name the repository in "images"; a release gives the version)',
    ],
  ],
  [
    'an image in a container',
    appText([group({ template: template({ containers: [{ name: 'web', image: 'shop/web:v1' }] }) })]),
    [
      'groups[0].template.spec.containers[0].image: must not be set (name the repository in "images"; a release gives the version)',
    ],
  ],
  [
    'a container twice, as init container too',
    appText([group({ template: template({ initContainers: [{ name: 'web' }] }) })]),
    [
      'groups[0].template.spec.containers[0].name: container name "web" is there twice (first at groups[0].template.spec.initContainers[0].name)',
    ],
  ],
  [
    'a host chosen in the template',
    appText([group({ template: template({ nodeName: 'host-1' }) })]),
    [
      'groups[0].template.spec.nodeName: is refused (placement and the scheduler choose hosts; use nodeSelector or affinity)',
    ],
  ],
  [
    "the host's network",
    appText([group({ template: template({ hostNetwork: true }) })]),
    ['groups[0].template.spec.hostNetwork: is refused (an instance has an address of its own)'],
  ],
  [
    'scheduling gates',
    appText([group({ template: template({ schedulingGates: [{ name: 'mine' }] }) })]),
    ['groups[0].template.spec.schedulingGates: is refused (gates are used to move instances between clusters)'],
  ],
  [
    'a pod that is not to be restarted',
    appText([group({ template: template({ restartPolicy: 'Never' }) })]),
    ['groups[0].template.spec.restartPolicy: must be Always (leave it out)'],
  ],
  [
    'a label of ours',
    appText([group({ template: template({}, { labels: { 'transship.dev/in-service': 'yes' } }) })]),
    [
      'groups[0].template.metadata.labels["transship.dev/in-service"]: is refused (transship.dev/ belongs to Transship)',
    ],
  ],
  [
    'an annotation of ours',
    appText([group({ template: template({}, { annotations: { 'out.transship.dev/release': 'me' } }) })]),
    [
      'groups[0].template.metadata.annotations["out.transship.dev/release"]: is refused (transship.dev/ belongs to Transship)',
    ],
  ],
  [
    'a label by which controllers find pods',
    appText([group({ template: template({}, { labels: { 'controller-revision-hash': 'x' } }) })]),
    ['groups[0].template.metadata.labels["controller-revision-hash"]: is refused (controllers find their pods by it)'],
  ],
  [
    'a label that is no text',
    appText([group({ template: template({}, { labels: { version: 1 } }) })]),
    ['groups[0].template.metadata.labels.version: must be a text, not a number'],
  ],
  [
    'metadata that pods of a set cannot have',
    appText([group({ template: template({}, { name: 'web' }) })]),
    ['groups[0].template.metadata.name: is not a known key (known here: labels, annotations)'],
  ],
  [
    'a key beside metadata and spec',
    appText([group({ template: { ...template(), status: {} } })]),
    ['groups[0].template.status: is not a known key (known here: metadata, spec)'],
  ],
  [
    'names that are too long together',
    appText([group({ name: 'recommendations-api' })], { app: 'international-flights-and-hotels' }),
    [
      'groups[0].placement[0]: the set name international-flights-and-hotels-recommendations-api-az-1 has 57 characters, 52 fit (it is made of app, group, AZ and cluster: shorten one of these names)',
      'groups[0].placement[1]: the set name international-flights-and-hotels-recommendations-api-az-2 has 57 characters, 52 fit (it is made of app, group, AZ and cluster: shorten one of these names)',
    ],
  ],
  [
    'a set name that is none, and one that two sets of a group would bear',
    appText([
      group({
        placement: [
          { cluster: 'north-1', az: 'az-1', instances: 1, set: 'orders' },
          { cluster: 'south-1', az: 'az-1', instances: 1, set: 'orders' },
        ],
      }),
      group({ name: 'api', placement: [{ cluster: 'north-1', az: 'az-1', instances: 1, set: 'Orders_' }] }),
    ]),
    [
      'groups[0].placement[1].set: another set of the group is called orders, too (make each a group of its own)',
      'groups[1].placement[0].set: must be lower-case letters, digits and dashes, with a letter or digit at both ends, and have at most 52 characters',
    ],
  ],
  [
    'wrong in many places: all are told',
    appText([group({ environment: 'fatt', images: { web: 'shop/web:v1' } }), group({ name: 'Api', replicas: 3 })]),
    [
      'groups[0].environment: no environment "fatt" in the fleet file (did you mean "fat"?)',
      'groups[0].images.web: must not name a tag or digest (a release gives the version: write "shop/web")',
      'groups[1].name: must be lower-case letters, digits and dashes, start with a letter, not end with a dash, and have at most 40 characters',
      'groups[1].replicas: is not a known key (known here: name, environment, placement, images, health, ports, traffic, template)',
    ],
  ],
];

describe('a malformed app file', () => {
  test.each(ROWS)('%s', (_what, text, places) => {
    const { code, places: told } = refusal(() => parseApp(text, fleet, 'app.yml'));
    expect(code).toBe('APP_INVALID');
    expect(told.map(said)).toEqual(places);
  });

  test('a template that Marathon cannot run, where the group is placed on one', () => {
    const north = 'kubeconfig: north.yml }';
    const marathon = '- { name: north-m, kind: marathon, urls: ["http://m:8080"], network: pods, azs: [az-2] }';
    const both = parseFleet(FLEET.replace(north, `${north}\n      ${marathon}`), {}, 'fleet.yml');
    const containers = [{ name: 'web', env: [{ name: 'A', valueFrom: {} }] }, { name: 'log' }];
    const spec = { nodeName: 'x', hostNetwork: false, containers, affinity: {} };
    const of = (cluster: string): object => ({
      ...group({ name: cluster, images: { web: 'w', log: 'l' }, template: { spec: structuredClone(spec) } }),
      placement: [{ cluster, az: 'az-2', instances: 1 }],
    });
    const { places } = refusal(() => parseApp(appText([of('north-1'), of('north-m')]), both, 'app.yml'));
    const hint =
      '(cluster north-m, where the group is placed, is of kind marathon: do without, or place the group elsewhere)';
    const refused = 'is refused (placement and the scheduler choose hosts; use nodeSelector or affinity)';
    expect(places.map(said)).toEqual([
      `groups[0].template.spec.nodeName: ${refused}`,
      `groups[1].template.spec.nodeName: ${refused}`,
      `groups[1].template.spec.containers: must be one: an app of Marathon is one container ${hint}`,
      `groups[1].template.spec.containers[0].env[0].valueFrom: is nothing that Marathon has ${hint}`,
      `groups[1].template.spec.affinity: is nothing that Marathon has ${hint}`,
    ]);
  });

  test('a HAProxy that carries nothing of an IDC where the group has instances', () => {
    const edge = 'trafficDrivers: [{ name: edge, kind: haproxy, processes: [{ socket: "a:1", idc: south }] }]';
    const drivers = parseFleet(`${FLEET}${edge}\n`, {}, 'fleet.yml');
    const { places } = refusal(() => parseApp(appText([group({ traffic: ['edge'] })]), drivers, 'app.yml'));
    expect(places.map(said)).toEqual([
      'groups[0].traffic[0]: "edge" has no HAProxy process in IDC north, where the group has instances (add one to its "processes" in the fleet file)',
    ]);
    const south = [{ cluster: 'south-1', az: 'az-1', instances: 2 }];
    const app = parseApp(appText([group({ traffic: ['edge'], placement: south })]), drivers, 'app.yml');
    expect(app.groups[0]?.traffic).toEqual(['edge']);
  });
});
