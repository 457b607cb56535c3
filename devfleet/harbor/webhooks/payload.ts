import { isDigest } from '../content/artifacts.ts';
import type { Artifact, Project } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

/** Events that policies can ask for. The double has neither scanners nor retention nor replication: of those it fires none. */
export const EVENT_TYPES = [
  'PUSH_ARTIFACT',
  'PULL_ARTIFACT',
  'DELETE_ARTIFACT',
  'QUOTA_EXCEED',
  'QUOTA_WARNING',
  'SCANNING_FAILED',
  'SCANNING_STOPPED',
  'SCANNING_COMPLETED',
  'REPLICATION',
  'TAG_RETENTION',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** What happened, as both formats tell it (src/pkg/notifier/model/event.go). */
export interface HookEvent {
  projectId: number;
  type: EventType;
  /** Seconds since 1970. */
  occurAt: number;
  operator: string;
  data: {
    resources?: { digest?: string; tag?: string; resource_url?: string }[];
    repository: {
      date_created?: number;
      name: string;
      namespace: string;
      repo_full_name: string;
      repo_type: string;
    };
    custom_attributes?: Record<string, string>;
  };
}

/**
 * An artifact was pushed, pulled or deleted. There is one resource whatever the number of tags: the first tag, or, where it was meant by
 * digest, the digest in the tag's place (src/controller/event/handler/webhook/artifact).
 */
export function artifactEvent(
  { store, config: { hostname } }: { store: Store; config: { hostname: string } },
  type: 'PUSH_ARTIFACT' | 'PULL_ARTIFACT' | 'DELETE_ARTIFACT',
  { projectId, repository, digest }: Artifact,
  tags: string[],
  operator: string,
): HookEvent {
  const project = store.projects.find(({ id }) => id === projectId);
  if (project === undefined) throw new Error(`${repository} is of project ${projectId}, which is gone`);
  const [tag = digest] = tags;
  const created = store.repositories.get(repository)?.created;
  const resource_url = `${hostname}/${repository}${isDigest(tag) ? '@' : ':'}${tag}`;
  return {
    projectId,
    type,
    occurAt: seconds(),
    operator,
    data: {
      resources: [{ digest, tag, resource_url }],
      repository: {
        ...(created === undefined ? {} : { date_created: Math.floor(Date.parse(created) / 1000) }),
        ...repositoryOf(project, repository),
      },
    },
  };
}

/** A project is full, or nearly. The arithmetic is among the attributes. */
export function quotaEvent(
  type: 'QUOTA_EXCEED' | 'QUOTA_WARNING',
  project: Project,
  repository: string,
  message: string,
  operator: string,
): HookEvent {
  const data = { repository: repositoryOf(project, repository), custom_attributes: { Details: message } };
  return { projectId: project.id, type, occurAt: seconds(), operator, data };
}

function repositoryOf({ name: namespace, metadata }: Project, repository: string): HookEvent['data']['repository'] {
  return {
    name: repository.slice(namespace.length + 1),
    namespace,
    repo_full_name: repository,
    repo_type: metadata.public === 'true' ? 'public' : 'private',
  };
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
