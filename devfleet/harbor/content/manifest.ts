import { createHash } from 'node:crypto';
import { Refusal } from '../refusal.ts';

/** Of which Harbor takes no more than so much (src/common/const.go, MaxManifestBodySize). */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const MANIFEST_TYPES = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST];

const IMAGE_CONFIGS = ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'];
const COSIGN_LAYER = 'application/vnd.dev.cosign.simplesigning.v1+json';
/** Accessories by the artifact type that names a subject (src/server/middleware/subject). */
const ACCESSORY_TYPES: Record<string, string> = {
  'application/vnd.cncf.notary.signature': 'signature.notation',
  'application/vnd.dev.cosign.artifact.sig.v1+json': 'signature.cosign',
  'application/vnd.dev.sigstore.bundle.v0.3+json': 'signature.cosign',
  'application/vnd.goharbor.harbor.sbom.v1': 'sbom.harbor',
};

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: Record<string, unknown>;
  annotations?: Record<string, string>;
}

interface Document {
  artifactType?: string;
  annotations?: Record<string, string>;
  subject?: Descriptor;
  config?: Descriptor;
  layers?: Descriptor[];
  manifests?: Descriptor[];
}

/** A manifest or index as Harbor reads it. */
export interface Manifest {
  digest: string;
  mediaType: string;
  size: number;
  isIndex: boolean;
  /** What it names: config and layers, or children. */
  references: Descriptor[];
  /** Of an index empty where it says none; else its own or that of its config. */
  artifactType: string;
  /** Of the artifact: that of the config, or the index's own. */
  contentType: string;
  annotations: Record<string, string>;
  subject: string | null;
  /** What its subject counts it as, where it has one. */
  accessoryType: string;
  isCosignSignature: boolean;
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** @throws Refusal MANIFEST_INVALID */
export function readManifest(bytes: Buffer, contentType: string | undefined): Manifest {
  const [mediaType = ''] = (contentType ?? '').split(';');
  // What Harbor does not know it takes for a manifest of schema 1, which is signed.
  if (!MANIFEST_TYPES.includes(mediaType)) throw invalid('missing signature key');
  const isIndex = mediaType === OCI_INDEX || mediaType === DOCKER_LIST;
  const document = parsed(bytes);
  const { config, layers = [], manifests = [], artifactType = '', annotations = {}, subject } = document;
  const configType = config?.mediaType ?? '';
  return {
    digest: digestOf(bytes),
    mediaType,
    size: bytes.length,
    isIndex,
    references: isIndex ? manifests : config === undefined ? layers : [config, ...layers],
    artifactType: isIndex || artifactType !== '' ? artifactType : configType,
    contentType: isIndex ? (annotations['org.opencontainers.artifactType'] ?? mediaType) : configType,
    annotations,
    subject: subject?.digest ?? null,
    accessoryType: ACCESSORY_TYPES[artifactType === '' ? configType : artifactType] ?? 'subject.accessory',
    isCosignSignature: layers.some((layer) => layer.mediaType === COSIGN_LAYER),
  };
}

/** IMAGE, CHART, …, as the API lists artifacts (src/controller/artifact/processor). */
export function artifactKind({ artifactType, contentType, mediaType }: Manifest): string {
  const decisive = artifactType === '' ? contentType : artifactType;
  if (IMAGE_CONFIGS.includes(decisive) || decisive === mediaType) return 'IMAGE';
  return /^application\/vnd\.[^.]*\.(.*)\.config\.[^.]*\+json$/.exec(contentType)?.[1]?.toUpperCase() ?? 'UNKNOWN';
}

function parsed(bytes: Buffer): Document {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString());
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw invalid('json: cannot unmarshal into Go value of type map');
  return document;
}

function invalid(why: string): Refusal {
  return new Refusal('MANIFEST_INVALID', `unmarshal manifest failed: ${why}`);
}
