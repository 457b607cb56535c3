// What Harbor's database holds. Times are ISO strings; ids are Harbor's, counted per table and never used twice.

export interface Project {
  id: number;
  name: string;
  /** `public` is "true" or "false"; others as they were given. */
  metadata: Record<string, string>;
  /** Registry that a proxy cache project stands for; 0: an ordinary project. */
  registryId: number;
  created: string;
  updated: string;
}

/** Of a project, in bytes; -1: without limit. */
export interface Quota {
  id: number;
  projectId: number;
  hard: number;
  created: string;
  updated: string;
}

export interface Repository {
  id: number;
  /** With the project: `shop/web`. */
  name: string;
  projectId: number;
  pulls: number;
  created: string;
  updated: string;
}

/** A child of an index. */
export interface Reference {
  childId: number;
  childDigest: string;
  platform?: Record<string, unknown>;
  annotations?: Record<string, string>;
}

/** A manifest in a repository. */
export interface Artifact {
  id: number;
  repositoryId: number;
  /** Name of the repository. */
  repository: string;
  projectId: number;
  digest: string;
  /** Of the manifest, its config and layers; of an index with those of its children. */
  size: number;
  type: string;
  mediaType: string;
  manifestMediaType: string;
  /** Bytes of the manifest alone. */
  manifestSize: number;
  artifactType: string;
  annotations: Record<string, string>;
  references: Reference[];
  /** Digests of what the manifest names, and its own. */
  blobs: string[];
  pushed: string;
  pulled: string | null;
}

export interface Tag {
  id: number;
  repositoryId: number;
  artifactId: number;
  name: string;
  pushed: string;
  pulled: string | null;
}

/** That an artifact belongs to another: a signature, an SBOM, whatever names a subject. */
export interface Accessory {
  id: number;
  artifactId: number;
  digest: string;
  size: number;
  type: string;
  subjectRepository: string;
  subjectDigest: string;
  created: string;
}

/** A blob that the registry holds, or a foreign layer that a manifest names. */
export interface Blob {
  digest: string;
  size: number;
  mediaType: string;
}

/** That a project counts a blob as its own. */
export interface ProjectBlob {
  projectId: number;
  digest: string;
}

export interface Access {
  resource: string;
  action: string;
  effect?: string;
}

/** Project `*`: all; of kind `system` the namespace is `/`. */
export interface Permission {
  kind: 'system' | 'project';
  namespace: string;
  access: Access[];
}

export interface Robot {
  id: number;
  /** Without `robot$`; of a project's robot with `<project>+` in front. */
  name: string;
  description: string;
  secret: string;
  level: 'system' | 'project';
  /** 0 for one of the system. */
  projectId: number;
  /** Days; -1: for ever. */
  duration: number;
  /** Seconds since 1970; -1: never. */
  expiresAt: number;
  permissions: Permission[];
  created: string;
}

export interface WebhookTarget {
  type: string;
  address: string;
  auth_header?: string;
  skip_cert_verify: boolean;
  payload_format: string;
}

export interface WebhookPolicy {
  id: number;
  projectId: number;
  name: string;
  description: string;
  targets: WebhookTarget[];
  eventTypes: string[];
  enabled: boolean;
  created: string;
  updated: string;
}

/** A webhook on its way: it outlives a restart, as in the job service's Redis. */
export interface WebhookJob {
  id: number;
  policyId: number;
  eventType: string;
  address: string;
  skipCertVerify: boolean;
  headers: Record<string, string>;
  body: string;
  /** Tries that failed. */
  fails: number;
}

export interface ImmutableRule {
  id: number;
  projectId: number;
  /** As it was given, checked. */
  rule: ImmutableRuleBody;
}

export interface Selector {
  kind: string;
  decoration: string;
  pattern: string;
}

export interface ImmutableRuleBody {
  disabled: boolean;
  priority: number;
  action: string;
  template: string;
  tag_selectors: Selector[];
  scope_selectors: Record<string, Selector[]>;
}

/** Another registry, as the source or target of replication. */
export interface RemoteRegistry {
  id: number;
  name: string;
  description: string;
  type: string;
  url: string;
  insecure: boolean;
  accessKey: string;
  created: string;
  updated: string;
}

export interface ReplicationPolicy {
  id: number;
  name: string;
  description: string;
  /** 0: this Harbor. One of the two always is. */
  srcRegistryId: number;
  destRegistryId: number;
  destNamespace: string;
  /** -1: as before version 2.4. */
  destNamespaceReplaceCount: number;
  filters: { type: string; value: unknown; decoration?: string }[];
  trigger: { type: string; trigger_settings?: { cron?: string } } | null;
  replicateDeletion: boolean;
  override: boolean;
  enabled: boolean;
  /** KB/s of each task; 0: without limit. */
  speed: number;
  copyByChunk: boolean;
  singleActiveReplication: boolean;
  created: string;
  updated: string;
}
