import { createHash } from 'node:crypto';
import { TransshipError } from '../../../domain/errors.ts';
import { formatPath, Part } from '../../../domain/input/fault.ts';
import { renderTemplate } from '../../../domain/marathon/render/template.ts';
import type { AzSetRef, GroupRef, Spec } from '../../../domain/types.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { appIdOf, LABEL, ownLabels } from '../../marathon/labels.ts';
import type { Definition } from '../../marathon/state.ts';

type Fields = Record<string, unknown>;

/**
 * The app of a set for a spec: what its template says of it, and what only the set knows.
 * @param imageHost registry host as it stands in image names
 * @throws APP_INVALID with what Marathon cannot run
 */
export function renderApp(cluster: MarathonCluster, set: AzSetRef, spec: Spec, imageHost: string): Definition {
  const { rendered, faults } = renderTemplate(new Part(spec.template, ['template']));
  if (faults.length > 0) {
    const told = faults.map(({ path, message }) => `${formatPath(path)} ${message}`).join('; ');
    throw new TransshipError('APP_INVALID', `${set.name} cannot be run by Marathon: ${told}`);
  }
  const { container, isAlwaysPulled, constraints, ports, volumes, fields } = rendered;
  const image = spec.images[container];
  const app = {
    ...fields,
    constraints: [[cluster.zoneField, 'IS', set.az], ...constraints],
    networks: [{ mode: 'container', name: cluster.network }],
    container: {
      type: 'DOCKER',
      docker: {
        image: image === undefined ? '' : `${imageHost}/${image.repository}@${image.digest}`,
        forcePullImage: isAlwaysPulled,
      },
      portMappings: ports,
      ...(volumes.length === 0 ? {} : { volumes }),
    },
  };
  // As it comes back from JSON: what is undefined is not there.
  return { app: JSON.parse(JSON.stringify(app)) as Fields, container };
}

/** Name of the revision: the same for the same definition, whatever spec it comes from. */
export function revisionOf(definition: Definition): string {
  return `r${createHash('sha256').update(canonical(definition)).digest('hex').slice(0, 10)}`;
}

/** Container → image. */
export function imagesOf({ app, container }: Definition): Record<string, string> {
  const { docker } = (app['container'] ?? {}) as { docker?: { image?: string } };
  return { [container]: docker?.image ?? '' };
}

/** The app as it is posted. What is written beside the definition makes no other revision. */
export function appOf(
  set: AzSetRef,
  { group, spec }: { group: GroupRef; spec: { version: string; number: string } },
  segment: string,
  definition: Definition,
  instances: number,
): { id: string; [field: string]: unknown } {
  const labels = {
    ...(definition.app['labels'] as Fields),
    ...ownLabels(set, group),
    [LABEL.version]: spec.version,
    [LABEL.spec]: spec.number,
  };
  return { ...definition.app, id: appIdOf(set, segment), instances, labels };
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
