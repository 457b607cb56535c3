import { z } from 'zod';
import { subjectOfTag } from '../../domain/sync/attached-tag.ts';

interface Event {
  repository: string;
  /** The same for whatever tells of this event, however often. */
  key: string;
}

/** An image that somebody pushed under a tag. */
export interface Push extends Event {
  kind: 'push';
  tag: string;
  digest: string;
}

/** A manifest that somebody pushed by its digest, or under a tag that says what it is attached to. */
export interface Attachment extends Event {
  kind: 'attached';
  tag: null;
  digest: string;
  /** What its tag says that it is attached to; null: it has none. */
  subject: string | null;
}

/** Something is there no more: a tag, or a manifest with all its tags. At least one of the two is known. */
export interface Deletion extends Event {
  kind: 'deletion';
  tag: string | null;
  digest: string | null;
}

export type Told = Push | Attachment | Deletion;

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const digest = z.string().regex(DIGEST);

/** `event_data` of Harbor's own format, and `data` of its CloudEvents (src/controller/event/handler/webhook/artifact). */
const artifactSchema = z.object({
  resources: z.array(z.object({ digest, tag: z.string() })).default([]),
  repository: z.object({ repo_full_name: z.string() }),
});

/** Types of events that count: Harbor's own, and of its CloudEvents. */
const KINDS: Record<string, 'push' | 'deletion'> = {
  PUSH_ARTIFACT: 'push',
  DELETE_ARTIFACT: 'deletion',
  'harbor.artifact.pushed': 'push',
  'harbor.artifact.deleted': 'deletion',
};

const harborSchema = z
  .object({ type: z.string(), occur_at: z.number(), event_data: z.unknown() })
  .transform(({ type, occur_at, event_data }) => ({ kind: KINDS[type], at: occur_at, data: event_data }));

const cloudSchema = z
  .object({ specversion: z.string(), type: z.string(), time: z.iso.datetime({ offset: true }), data: z.unknown() })
  .transform(({ type, time, data }) => ({ kind: KINDS[type], at: Math.floor(Date.parse(time) / 1000), data }));

/** distribution, docs/content/about/notifications.md: one event in an envelope in practice. */
const envelopeSchema = z.object({
  events: z.array(
    z.object({
      id: z.string(),
      action: z.string(),
      target: z.object({
        mediaType: z.string().default(''),
        digest: z.string().default(''),
        repository: z.string().default(''),
        tag: z.string().optional(),
      }),
    }),
  ),
});
type Notification = z.output<typeof envelopeSchema>['events'][number];

/** Blobs are told of, too. */
const IS_MANIFEST = /^application\/vnd\.(oci\.image\.(manifest|index)|docker\.distribution\.manifest(\.list)?)\./;

/**
 * The pushes and deletions that a webhook tells of: Harbor's own format, its CloudEvents, and distribution's notifications.
 * Everything else that a registry may tell is left out.
 * @returns null where it is none of the three
 */
export function toldIn(body: unknown): Told[] | null {
  const envelope = envelopeSchema.safeParse(body);
  if (envelope.success) return envelope.data.events.flatMap(notified);
  const event = z.union([cloudSchema, harborSchema]).safeParse(body);
  if (!event.success) return null;
  const { kind, at, data } = event.data;
  if (kind === undefined) return [];
  const artifact = artifactSchema.safeParse(data);
  if (!artifact.success) return null;
  const { resources, repository } = artifact.data;
  return resources.flatMap((one): Told[] => {
    const tag = DIGEST.test(one.tag) ? null : one.tag;
    // Harbor has no id of an event that all its deliveries share.
    const key = `${kind === 'push' ? '' : 'deleted '}${repository.repo_full_name}:${one.tag}@${one.digest} ${at}`;
    const known = { repository: repository.repo_full_name, digest: one.digest, key };
    if (kind === 'deletion') return [{ kind, ...known, tag }];
    return [pushed(known, tag)];
  });
}

/** What was pushed by its digest is attached to an image, or part of one: which of the two only the registry can tell. */
function pushed(known: Omit<Push, 'kind' | 'tag'>, tag: string | null): Push | Attachment {
  const subject = tag === null ? null : subjectOfTag(tag);
  if (tag === null || subject !== null) return { kind: 'attached', ...known, tag: null, subject };
  return { kind: 'push', ...known, tag };
}

/** Of a deletion distribution says a tag, or a digest: of a manifest, or of a blob, which is told apart by nothing. */
function notified({ id, action, target }: Notification): Told[] {
  const { mediaType, repository, tag } = target;
  const known = DIGEST.test(target.digest) ? target.digest : null;
  if (action === 'push' && IS_MANIFEST.test(mediaType) && known !== null) {
    return [pushed({ repository, digest: known, key: id }, tag ?? null)];
  }
  if (action !== 'delete' || (known === null && tag === undefined)) return [];
  return [{ kind: 'deletion', repository, tag: tag ?? null, digest: known, key: id }];
}
