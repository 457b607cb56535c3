import type { V1EndpointSlice, V1Service } from '@kubernetes/client-node';
import { loopbackOf } from '../host/addresses.ts';
import type { Endpoint } from './types.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';

/** `<namespace>/<name>` of a Service. */
export function serviceKey(service: V1Service): string {
  return `${service.metadata?.namespace ?? ''}/${service.metadata?.name ?? ''}`;
}

/** The Service that a slice belongs to, or null where it belongs to none. */
export function serviceOfSlice(slice: V1EndpointSlice): string | null {
  const name = slice.metadata?.labels?.[SERVICE_LABEL];
  return name === undefined ? null : `${slice.metadata?.namespace ?? ''}/${name}`;
}

/**
 * Where one cluster's kube-proxy would send requests for the first port of a Service: endpoints that are ready and not
 * terminating, each once (an endpoint that moves between slices may stand in two for a moment).
 */
export function endpointsOf(cluster: string, service: V1Service, slices: V1EndpointSlice[]): Endpoint[] {
  const portName = service.spec?.ports?.[0]?.name ?? '';
  const endpoints = new Map<string, Endpoint>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    const port = slice.ports?.find((candidate) => (candidate.name ?? '') === portName)?.port;
    if (port === undefined) continue;
    for (const { addresses, conditions, targetRef } of slice.endpoints ?? []) {
      // The API: an unset "ready" is to be read as true, an unset "terminating" as false.
      if (conditions?.ready === false || conditions?.terminating === true) continue;
      for (const address of addresses) {
        endpoints.set(`${address}:${port}`, { address, port, cluster, pod: targetRef?.name ?? null });
      }
    }
  }
  return [...endpoints.values()];
}

/** Instances publish 10.a.b.c and listen on 127.a.b.c; every other address is its own. */
export function listeningAddress(address: string): string {
  return address.startsWith('10.') ? loopbackOf(address) : address;
}
