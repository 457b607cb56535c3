// The fields of Kubernetes resources that we read, as the API sends them (client-node's classes turn times into Dates).

import type { Selector } from './selector.ts';

export interface Metadata {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  managedFields?: ManagedFields[];
  ownerReferences?: { uid: string; controller?: boolean }[];
}

interface ManagedFields {
  manager?: string;
  subresource?: string;
  time?: string;
  fieldsV1?: { 'f:spec'?: Record<string, unknown> };
}

export interface Resource {
  metadata: Metadata;
}

export interface Container {
  name: string;
  image?: string;
  [field: string]: unknown;
}

export interface Template {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string>; [field: string]: unknown };
  spec: { containers: Container[]; initContainers?: Container[]; [field: string]: unknown };
}

export interface Pod extends Resource {
  spec: Template['spec'] & { nodeName?: string };
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    podIP?: string;
    /** Generation of the spec that this status reflects (Kubernetes 1.34 and later). */
    observedGeneration?: number;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    containerStatuses?: ContainerStatus[];
  };
}

export interface ContainerStatus {
  name: string;
  containerID?: string;
  imageID?: string;
  restartCount: number;
  state?: {
    waiting?: { reason?: string; message?: string };
    running?: { startedAt: string };
    terminated?: { exitCode: number; reason?: string; message?: string };
  };
}

export interface StatefulSet extends Resource {
  spec: {
    replicas: number;
    template: Template;
    updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } };
    podManagementPolicy?: 'Parallel' | 'OrderedReady';
    selector?: { matchLabels?: Record<string, string> };
    [field: string]: unknown;
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    currentRevision?: string;
    updateRevision?: string;
  };
}

export interface ControllerRevision extends Resource {
  data: { spec: { template: Template & { $patch?: string } } };
}

export interface Budget extends Resource {
  spec: { minAvailable?: number | string; maxUnavailable?: number | string; selector?: Selector };
  status?: { observedGeneration?: number; expectedPods?: number };
}

export interface Autoscaler extends Resource {
  spec: { scaleTargetRef: { kind: string; name: string } };
}

export interface Service extends Resource {
  spec: { selector?: Record<string, string>; clusterIP?: string; type?: string; publishNotReadyAddresses?: boolean };
}

export interface EndpointSlice extends Resource {
  endpoints?: Endpoint[] | null;
}

export interface Endpoint {
  addresses: string[];
  conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
  targetRef?: { kind?: string; name?: string; uid?: string };
}

export interface Node extends Resource {
  status?: { conditions?: { type: string; status: string }[]; images?: { names?: string[] }[] };
}

export interface List<T> {
  items: T[];
}
