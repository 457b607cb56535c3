import { z } from 'zod';
import { isDigest } from './digest.ts';
import { RegistryError } from './errors.ts';
import { DOCKER_LIST, DOCKER_MANIFEST, isIndex, OCI_INDEX, OCI_MANIFEST } from './media.ts';

const DescriptorSchema = z.object({
  mediaType: z.string(),
  digest: z.string().refine(isDigest, 'no digest'),
  size: z.int().nonnegative(),
  annotations: z.record(z.string(), z.string()).optional(),
  artifactType: z.string().optional(),
  platform: z
    .object({ os: z.string().default(''), architecture: z.string().default(''), variant: z.string().optional() })
    .optional(),
});

/** What a manifest says of something else. */
export type Descriptor = z.infer<typeof DescriptorSchema>;

const ManifestSchema = z.object({
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: DescriptorSchema.optional(),
  layers: z.array(DescriptorSchema).default([]),
  manifests: z.array(DescriptorSchema).default([]),
  subject: DescriptorSchema.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** What a manifest or an index says, as far as a copy needs it. */
export type ManifestContent = z.infer<typeof ManifestSchema>;

/** A manifest as a registry gave it: the bytes are what the digest is of, and are never written anew. */
export interface Manifest {
  digest: string;
  mediaType: string;
  bytes: Buffer;
  content: ManifestContent;
}

/**
 * Reads a manifest.
 * @param type as the header says; parameters after a semicolon do not count
 * @throws IMAGE_UNREADABLE: no manifest, of a kind that is not known (Docker's schema 1), or of another one than it says
 */
export function readManifest(bytes: Buffer, digest: string, type: string | undefined): Manifest {
  const unreadable = (why: string): RegistryError =>
    new RegistryError('IMAGE_UNREADABLE', `manifest ${digest}: ${why}`);
  let content: ManifestContent;
  try {
    content = ManifestSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    const issues = error instanceof z.ZodError ? error.issues : [];
    throw unreadable(issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') || 'it is no JSON');
  }
  const said = type?.replace(/;.*$/, '').trim().toLowerCase();
  const mediaType = content.mediaType ?? said ?? '';
  if (![OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST].includes(mediaType)) {
    throw unreadable(`media type "${mediaType}" is not known here`);
  }
  // A registry that says another type than the manifest itself would have clients read it as what it is not.
  if (said !== undefined && said !== mediaType && said.startsWith('application/vnd.')) {
    throw unreadable(`it is served as "${said}", and says that it is "${mediaType}"`);
  }
  if (!isIndex(mediaType) && content.config === undefined) throw unreadable('it has no config');
  return { digest, mediaType, bytes, content };
}

/** What other manifests list this one by. */
export function descriptorOf({ digest, mediaType, bytes, content }: Manifest): Descriptor {
  // By the distribution spec a manifest without an artifact type is listed by the media type of its config.
  const artifactType = content.artifactType ?? content.config?.mediaType;
  return {
    mediaType,
    digest,
    size: bytes.length,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(content.annotations === undefined ? {} : { annotations: content.annotations }),
  };
}
