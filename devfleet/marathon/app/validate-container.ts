import type { AppSpec, Container, Volume } from './types.ts';
import { featureOff, type Violations } from './violations.ts';

/** AppValidation.validContainer: image, port mappings and volumes. */
export function validateContainer(app: AppSpec, container: Container, found: Violations): void {
  const { docker, portMappings, type, volumes } = container;
  if (type === 'DOCKER') {
    found.require(docker !== undefined, '/container/docker', 'not defined');
    const pull = docker?.pullConfig === undefined;
    found.require(pull, '/container/docker/pullConfig', 'pullConfig is not supported with Docker containerizer');
    const networks = app.networks.filter(({ mode }) => mode === 'container').length;
    found.require(
      networks <= 1,
      '/',
      'may only specify a single container network when using the Docker container engine',
    );
    if (app.gpus > 0) found.add('/', 'GPU resources only work with the Mesos containerizer');
  } else if (docker?.pullConfig) {
    found.add('/container/docker/pullConfig', 'must be empty');
    found.add('/container/docker/pullConfig', featureOff('secrets'));
    const known = docker.pullConfig.secret in app.secrets;
    found.require(known, '/container/docker/pullConfig', 'pullConfig.secret must refer to an existing secret');
  }
  const names = (portMappings ?? []).flatMap(({ name }) => name ?? []);
  found.require(new Set(names).size === names.length, '/container/portMappings', 'Port names must be unique.');
  validateMappings(app, container, found);
  volumes.forEach((volume, index) => validateVolume(volume, `/container/volumes(${index})`, found));
}

function validateMappings(app: AppSpec, { portMappings }: Container, found: Violations): void {
  const known = app.networks.flatMap(({ name }) => name ?? []);
  const several = app.networks.filter(({ mode }) => mode === 'container').length > 1;
  (portMappings ?? []).forEach(({ hostPort, networkNames }, index) => {
    const path = `/container/portMappings(${index})`;
    networkNames.forEach((name, at) => {
      found.require(known.includes(name), `${path}/networkNames(${at})`, `is not one of (${known.join(',')})`);
    });
    found.require(
      !several || hostPort === undefined || networkNames.length === 1,
      path,
      'networkNames must be a single item list when hostPort is specified and more than 1 container network is defined',
    );
  });
}

function validateVolume(volume: Volume, path: string, found: Violations): void {
  if (volume.external) found.add(path, featureOff('external_volumes'));
  if (volume.secret !== undefined) found.add('/container/volumes', featureOff('secrets'));
  const { persistent } = volume;
  if (!persistent) return;
  found.require(!volume.containerPath.includes('/'), `${path}/containerPath`, 'value must not contain "/"');
  found.require(persistent.size > 0, `${path}/persistent/size`, `got ${persistent.size}, expected more than 0`);
  const onRoot = (persistent.type ?? 'root') === 'root';
  found.require(
    !onRoot || persistent.constraints.length === 0,
    `${path}/persistent`,
    'Constraints on root volumes are not supported',
  );
  found.require(
    persistent.type === 'mount' || persistent.maxSize === undefined,
    `${path}/persistent`,
    'Only mount volumes can have maxSize',
  );
}
