import { randomUUID } from 'node:crypto';
import type { EventType, HookEvent } from './payload.ts';

export const FORMATS = ['Default', 'CloudEvents'] as const;

const CLOUD_TYPES: Record<EventType, string> = {
  DELETE_ARTIFACT: 'harbor.artifact.deleted',
  PULL_ARTIFACT: 'harbor.artifact.pulled',
  PUSH_ARTIFACT: 'harbor.artifact.pushed',
  QUOTA_EXCEED: 'harbor.quota.exceeded',
  QUOTA_WARNING: 'harbor.quota.warned',
  REPLICATION: 'harbor.replication.status.changed',
  SCANNING_FAILED: 'harbor.scan.failed',
  SCANNING_COMPLETED: 'harbor.scan.completed',
  SCANNING_STOPPED: 'harbor.scan.stopped',
  TAG_RETENTION: 'harbor.tag_retention.finished',
};

/**
 * An event as it is sent (src/pkg/notifier/formats). The `id` of a CloudEvent is that of this message, one for each policy and target,
 * not of what happened.
 * @param requestId the same in all messages of one event, as it is Harbor's id of the call
 */
export function formatted(
  format: string,
  { projectId, type, occurAt, operator, data }: HookEvent,
  policyId: number,
  requestId: string,
): { contentType: string; body: string } {
  if (format !== 'CloudEvents')
    return {
      contentType: 'application/json',
      body: JSON.stringify({ type, occur_at: occurAt, operator, event_data: data }),
    };
  const event = {
    specversion: '1.0',
    id: randomUUID(),
    source: `/projects/${projectId}/webhook/policies/${policyId}`,
    type: CLOUD_TYPES[type],
    datacontenttype: 'application/json',
    time: new Date(occurAt * 1000).toISOString().replace('.000', ''),
    data,
    operator,
    requestid: requestId,
  };
  return { contentType: 'application/cloudevents+json', body: JSON.stringify(event) };
}
