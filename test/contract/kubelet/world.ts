import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { type Api, STRATEGIC } from '../../../devfleet/host/kubelet/api.ts';
import {
  podPath,
  type Condition,
  type Container,
  type ContainerStatus,
  type Pod,
} from '../../../devfleet/host/kubelet/pod.ts';

/** A kubelet under test and the cluster it serves: a sim host's or a real one. */
export interface World {
  api: Api;
  namespace: string;
  /** Nodes of the kind under test. */
  nodes: string[];
  /** Pushes an image that behaves as the labels say (`transship.dev/sim.*` without the prefix); gives its full name. */
  image(labels?: Record<string, string>): Promise<string>;
  /** First delay of the kubelet's restart and pull back-off, seconds. */
  backOffSeconds: number;
  /** Run when all suites are done. (vitest's own hook cannot tell concurrent tests apart.) */
  atEnd: (() => unknown)[];
}

/** Tests ask for the world when they run; a suite is declared before there is one. */
export type WorldSource = () => World;

/** @param open makes the world once for all suites of the file, with what ends it */
export function useWorld<T extends World>(open: () => Promise<{ world: T; close: () => Promise<void> }>): () => T {
  let opened: Awaited<ReturnType<typeof open>> | undefined;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(async () => {
    await Promise.all((opened?.world.atEnd ?? []).map((act) => act()));
    await opened?.close();
  });
  return () => {
    if (opened === undefined) throw new Error('the world is made in beforeAll');
    return opened.world;
  };
}

/** For expect.poll: busy machines take their time. */
export const PATIENT = { timeout: 15_000, interval: 50 };

export interface PodOrder {
  containers: Container[];
  node?: string;
  annotations?: Record<string, string>;
  /** Seconds. Default 1. */
  grace?: number;
  spec?: Partial<Omit<Pod['spec'], 'containers'>> & Record<string, unknown>;
}

/** Creates a pod right on a node; it goes when the suites are done. */
export async function createPod(
  world: World,
  order: PodOrder,
  name = `pod-${randomBytes(4).toString('hex')}`,
): Promise<Pod> {
  const { containers, node = world.nodes[0], annotations = {}, grace = 1, spec = {} } = order;
  const body = {
    metadata: { name, annotations },
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: grace,
      automountServiceAccountToken: false,
      ...spec,
      containers,
    },
  };
  const pod = await world.api.request<Pod>({
    method: 'POST',
    path: `/api/v1/namespaces/${world.namespace}/pods`,
    body,
  });
  world.atEnd.push(() => deletePod(world, pod, 0).catch(() => undefined));
  return pod;
}

/** Name of an image that the registry lacks. */
export function missing(image: string): string {
  return image.replace(/:[^:/]*$/, ':absent');
}

/** One container that serves on 8080, ready at once unless it has a probe. */
export function web(image: string, more: Partial<Container> = {}): Container {
  return { name: 'web', image, ports: [{ containerPort: 8080 }], ...more };
}

export async function deletePod({ api }: World, pod: Pod, gracePeriodSeconds?: number): Promise<void> {
  const body = {
    preconditions: { uid: pod.metadata.uid },
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
  };
  await api.request({ method: 'DELETE', path: podPath(pod.metadata), body });
}

/** The one patch of an in-place change: images by container name. */
export async function setImages({ api }: World, pod: Pod, images: Record<string, string>): Promise<Pod> {
  const containers = Object.entries(images).map(([name, image]) => ({ name, image }));
  const body = { metadata: { uid: pod.metadata.uid }, spec: { containers } };
  return api.request<Pod>({ method: 'PATCH', path: podPath(pod.metadata), contentType: STRATEGIC, body });
}

export interface PodEvent {
  type: string;
  reason: string;
  message: string;
  count?: number;
}

export async function eventsOf({ api, namespace }: World, pod: Pod): Promise<PodEvent[]> {
  const path = `/api/v1/namespaces/${namespace}/events?fieldSelector=involvedObject.uid%3D${pod.metadata.uid}`;
  return (await api.request<{ items: PodEvent[] }>({ method: 'GET', path })).items;
}

export function condition(pod: Pod, type: string): Condition | undefined {
  return pod.status?.conditions?.find((one) => one.type === type);
}

export function isReady(pod: Pod): boolean {
  return condition(pod, 'Ready')?.status === 'True';
}

/** Status of a container, by name; default: the first. */
export function containerOf(pod: Pod, name?: string): ContainerStatus | undefined {
  const all = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  return name === undefined ? all[0] : all.find((one) => one.name === name);
}

/** Status of a container that runs, with its start in ms. @throws Error where it does not run */
export function runningOf(pod: Pod, name?: string): ContainerStatus & { startedAt: number } {
  const status = containerOf(pod, name);
  if (status?.state.running === undefined)
    throw new Error(`${pod.metadata.name}: ${name ?? 'the container'} does not run`);
  return { ...status, startedAt: Date.parse(status.state.running.startedAt) };
}
