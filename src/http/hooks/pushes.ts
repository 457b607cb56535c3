import { z } from 'zod';

/** An image that somebody pushed under a tag. */
export interface Push {
  repository: string;
  tag: string;
  digest: string;
  /** The same for whatever tells of this push, however often. */
  key: string;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const digest = z.string().regex(DIGEST);

/** `event_data` of Harbor's own format, and `data` of its CloudEvents (src/controller/event/handler/webhook/artifact). */
const artifactSchema = z.object({
  resources: z.array(z.object({ digest, tag: z.string() })).default([]),
  repository: z.object({ repo_full_name: z.string() }),
});

const harborSchema = z
  .object({ type: z.string(), occur_at: z.number(), event_data: z.unknown() })
  .transform(({ type, occur_at, event_data }) => ({
    isPush: type === 'PUSH_ARTIFACT',
    at: occur_at,
    data: event_data,
  }));

const cloudSchema = z
  .object({ specversion: z.string(), type: z.string(), time: z.iso.datetime({ offset: true }), data: z.unknown() })
  .transform(({ type, time, data }) => ({
    isPush: type === 'harbor.artifact.pushed',
    at: Math.floor(Date.parse(time) / 1000),
    data,
  }));

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

/** Blobs are told of, too. */
const IS_MANIFEST = /^application\/vnd\.(oci\.image\.(manifest|index)|docker\.distribution\.manifest(\.list)?)\./;

/**
 * The pushes that a webhook tells of: Harbor's own format, its CloudEvents, and distribution's notifications. What was pushed
 * by its digest comes along with what refers to it, and is left out, as everything else that a registry may tell.
 * @returns null where it is none of the three
 */
export function pushesIn(body: unknown): Push[] | null {
  const envelope = envelopeSchema.safeParse(body);
  if (envelope.success) {
    return envelope.data.events.flatMap(({ id, action, target: { mediaType, repository, tag, ...target } }) => {
      const isImage = action === 'push' && IS_MANIFEST.test(mediaType) && DIGEST.test(target.digest);
      return isImage && tag !== undefined ? [{ repository, tag, digest: target.digest, key: id }] : [];
    });
  }
  const event = z.union([cloudSchema, harborSchema]).safeParse(body);
  if (!event.success) return null;
  const { isPush, at, data } = event.data;
  if (!isPush) return [];
  const artifact = artifactSchema.safeParse(data);
  if (!artifact.success) return null;
  const { resources, repository } = artifact.data;
  return resources
    .filter(({ tag }) => !DIGEST.test(tag))
    .map((one) => ({
      repository: repository.repo_full_name,
      tag: one.tag,
      digest: one.digest,
      // Harbor has no id of an event that all its deliveries share.
      key: `${repository.repo_full_name}:${one.tag}@${one.digest} ${at}`,
    }));
}
