import { iso } from '../stamps.ts';
import { isOnHost } from './defaults.ts';
import type { App, Container } from './types.ts';

/** An app as Marathon's API shows it: which empty fields are left out is decided by the RAML types (pragma.omitEmpty). */
export function showApp(app: App): Record<string, unknown> {
  const { versionInfo, container, networks, portDefinitions, ...rest } = app;
  const shown: Record<string, unknown> = { ...rest, networks: networks.map(withoutEmptyLabels) };
  for (const field of ['args', 'constraints', 'dependencies', 'fetch', 'healthChecks', 'readinessChecks'] as const) {
    if (app[field].length === 0) Reflect.deleteProperty(shown, field);
  }
  for (const field of ['env', 'secrets'] as const) {
    if (Object.keys(app[field]).length === 0) Reflect.deleteProperty(shown, field);
  }
  if (container) shown['container'] = showContainer(container, isOnHost(app));
  if (isOnHost(app)) shown['portDefinitions'] = (portDefinitions ?? []).map(withoutEmptyLabels);
  shown['version'] = iso(versionInfo.version);
  if (versionInfo.full) {
    shown['versionInfo'] = {
      lastScalingAt: iso(versionInfo.lastScalingAt),
      lastConfigChangeAt: iso(versionInfo.lastConfigChangeAt),
    };
  }
  return shown;
}

function showContainer({ portMappings, ...container }: Container, onHost: boolean): Record<string, unknown> {
  if (onHost || portMappings === undefined) return container;
  return {
    ...container,
    portMappings: portMappings.map(({ networkNames, ...mapping }) =>
      networkNames.length > 0 ? { ...mapping, networkNames } : mapping,
    ),
  };
}

function withoutEmptyLabels<T extends { labels: Record<string, string> }>({ labels, ...rest }: T): object {
  return Object.keys(labels).length > 0 ? { ...rest, labels } : rest;
}
