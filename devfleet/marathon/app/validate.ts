import { pathProblems } from '../paths.ts';
import { constraintProblem } from './constraint-rules.ts';
import { decimal } from './decimal.ts';
import { DEFAULT_ROLE, isOnHost, isResident } from './defaults.ts';
import type { AppSpec, HealthCheck } from './types.ts';
import { validateContainer } from './validate-container.ts';
import { featureOff, Violations } from './violations.ts';

const PORT_INDEX = 'Health check port indices must address an element of the ports array or container port mappings.';

/**
 * Whether an app makes sense as a whole (AppValidation.validateCanonicalAppAPI and AppDefinition.validAppDefinition; the
 * rules for pods, plugins and DC/OS migration are not here). No optional feature is enabled; an app in a top-level group may
 * not have that group's name as its role, as it might have: this Marathon is registered for one role. @throws Refusal 422
 */
export function validate(app: AppSpec): void {
  const found = new Violations();
  for (const problem of pathProblems(app.id)) found.add('/id', problem);
  found.require((app.cmd ?? 'xx').length > 1, '/', 'must not be an empty string');
  found.require(
    commandOrContainer(app),
    '/',
    "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.",
  );
  if (app.container) validateContainer(app, app.container, found);
  validatePorts(app, found);
  validateNetworks(app, found);
  validateChecks(app, found);
  validatePlacement(app, found);
  validateCounts(app, found);
  const secretEnv = Object.values(app.env).some((value) => typeof value === 'object');
  found.require(
    !secretEnv,
    '/env',
    'use of secret-references in the environment requires the secrets feature to be enabled',
  );
  if (Object.keys(app.secrets).length > 0) found.add('/secrets', featureOff('secrets'));
  if (app.gpus > 0) found.add('/', featureOff('gpu_resources'));
  found.throwIfAny();
}

function commandOrContainer({ cmd, args, container }: AppSpec): boolean {
  const hasCmd = cmd !== undefined;
  const hasArgs = args.length > 0;
  const runs = container !== undefined && (container.docker !== undefined || container.type === 'MESOS');
  return hasCmd !== hasArgs || (!(hasCmd && hasArgs) && runs);
}

function validatePorts(app: AppSpec, found: Violations): void {
  const definitions = app.portDefinitions ?? [];
  const names = definitions.flatMap(({ name }) => name ?? []);
  found.require(isUnique(names), '/portDefinitions', 'Port names must be unique.');
  const fixed = definitions.map(({ port }) => port).filter((port) => port !== 0);
  found.require(isUnique(fixed), '/portDefinitions', 'Ports must be unique.');
}

function validateNetworks({ networks }: AppSpec, found: Violations): void {
  const path = '/networks';
  const host = networks.filter(({ mode }) => mode === 'host');
  const bridge = networks.filter(({ mode }) => mode === 'container/bridge');
  const named = host.some(({ name, labels }) => name !== undefined || Object.keys(labels).length > 0);
  found.require(!named, path, 'Host networks may not have names or labels');
  found.require(!bridge.some(({ name }) => name !== undefined), path, 'Bridge networks may not have names');
  const container = networks.filter(({ mode }) => mode === 'container');
  const unnamed = container.filter(({ name }) => name === undefined).length;
  const unique = isUnique(networks.flatMap(({ name }) => name ?? []));
  found.require(unnamed < 2 && unique, path, 'Duplicate networks are not allowed');
  const kinds = [host, bridge, container].filter((kind) => kind.length > 0).length;
  found.require(
    kinds <= 1 && host.length <= 1 && bridge.length <= 1,
    path,
    'May specify a single host network, single bridge network, or else 1-to-n container networks',
  );
  found.require(unnamed === 0, path, 'Network name must be specified when container network is selected.');
}

/** Checks that the agent runs. */
export function isAgentCheck({ protocol }: HealthCheck): boolean {
  return protocol === 'COMMAND' || protocol.startsWith('MESOS_');
}

function validateChecks(app: AppSpec, found: Violations): void {
  const ports = app.container?.portMappings ?? app.portDefinitions ?? [];
  app.healthChecks.forEach((check, index) => {
    const { port, portIndex, ipProtocol } = check;
    const path = `/healthChecks(${index})`;
    if (!isAgentCheck(check)) {
      const addressed = portIndex === undefined ? port !== undefined || ports.length === 1 : portIndex < ports.length;
      found.require(addressed, path, PORT_INDEX);
    }
    const mayV6 = check.protocol.startsWith('MESOS_') && app.container?.type === 'DOCKER';
    found.require(
      ipProtocol === 'IPv4' || mayV6,
      path,
      'IPv6 can only be used for container type DOCKER and Mesos http/https/tcp health checks',
    );
  });
  const byAgent = app.healthChecks.filter((check) => isAgentCheck(check) && check.command === undefined);
  found.require(byAgent.length <= 1, '/', 'AppDefinition can contain at most one Mesos health check');
  found.require(
    app.readinessChecks.length <= 1,
    '/readinessChecks/size',
    `got ${app.readinessChecks.length}, expected 1 or less`,
  );
  app.readinessChecks.forEach(({ portName, timeoutSeconds, intervalSeconds }, index) => {
    const path = `/readinessChecks(${index})`;
    const known = ports.some(({ name }) => name === portName);
    found.require(known, `${path}/portName`, `No port definition reference for portName ${portName}`);
    found.require(
      timeoutSeconds < intervalSeconds,
      `${path}/timeoutSeconds`,
      `got ${timeoutSeconds}, expected less than ${intervalSeconds}`,
    );
  });
}

function validatePlacement(app: AppSpec, found: Violations): void {
  app.constraints.forEach((constraint, index) => {
    const problem = constraintProblem(constraint);
    if (problem !== null) found.add(`/constraints(${index})`, problem);
  });
  found.require(app.role === DEFAULT_ROLE, '/role', `got ${app.role}, expected one of: [${DEFAULT_ROLE}]`);
  const roles = app.acceptedResourceRoles;
  if (roles) {
    found.require(roles.length > 0, '/acceptedResourceRoles', 'must not be empty');
    const only = roles.every((role) => role === DEFAULT_ROLE || role === app.role);
    found.require(only, '/acceptedResourceRoles', `acceptedResourceRoles can only contain ${DEFAULT_ROLE}`);
  }
  if (!isResident(app)) return;
  // So no app of a Marathon without --mesos_role has persistent volumes.
  if (app.role === DEFAULT_ROLE) found.add('/role', `Resident apps cannot have the role ${DEFAULT_ROLE}`);
  found.require(app.unreachableStrategy === 'disabled', '/', 'unreachableStrategy must be disabled for resident tasks');
}

function validateCounts(app: AppSpec, found: Violations): void {
  const single = app.labels['MARATHON_SINGLE_INSTANCE_APP'] === 'true';
  found.require(!single || app.instances <= 1, '/', 'Single instance app may only have one instance');
  const { minimumHealthCapacity: healthy, maximumOverCapacity: over } = app.upgradeStrategy;
  if (single) {
    found.require(healthy === 0, '/upgradeStrategy/minimumHealthCapacity', `got ${decimal(healthy)}, expected 0.0`);
    found.require(over === 0, '/upgradeStrategy/maximumOverCapacity', `got ${decimal(over)}, expected 0.0`);
  }
  if (app.unreachableStrategy !== 'disabled') {
    const { inactiveAfterSeconds, expungeAfterSeconds } = app.unreachableStrategy;
    found.require(
      inactiveAfterSeconds <= expungeAfterSeconds,
      '/unreachableStrategy/inactiveAfterSeconds',
      `inactiveAfterSeconds (${inactiveAfterSeconds}) must be less or equal to expungeAfterSeconds, which is ${expungeAfterSeconds}`,
    );
  }
  const definitions = (app.portDefinitions ?? []).length > 0;
  found.require(isOnHost(app) || !definitions, '/', 'portDefinitions are only allowed with host-networking');
}

function isUnique(values: unknown[]): boolean {
  return new Set(values).size === values.length;
}
