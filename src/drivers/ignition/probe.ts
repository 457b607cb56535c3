import { ProxyAgent, request, type Dispatcher } from 'undici';
import type { HealthCheck } from '../../domain/types.ts';

/** What one look at the health endpoint says. `errored`: it said nothing that counts. */
export type Ignition = 'ignited' | 'waiting' | 'failed' | 'marked-down' | { errored: string };

/** A health endpoint that takes longer does not count as an answer. */
const PROBE_TIMEOUT_MS = 2_000;

/** One agent per proxy: connections are kept, and there are as many proxies as IDCs. */
const proxies = new Map<string, Dispatcher>();

/**
 * Asks an instance once whether it is warm.
 * @param address of the instance; the port is the health check's
 * @param options.proxy `http://host:port` of a forward proxy that reaches the instances of the IDC
 */
export async function probeIgnition(
  address: string,
  health: HealthCheck,
  options: { proxy?: string | undefined; signal: AbortSignal },
): Promise<Ignition> {
  const host = address.includes(':') ? `[${address}]` : address;
  try {
    const { statusCode, body } = await request(`http://${host}:${health.port}${health.path}`, {
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]),
      headers: { 'user-agent': 'transship', connection: 'close' },
      ...(options.proxy === undefined ? {} : { dispatcher: through(options.proxy) }),
    });
    await body.dump();
    return meaning(statusCode, health.codes);
  } catch (error) {
    options.signal.throwIfAborted();
    return { errored: error instanceof Error ? error.message : String(error) };
  }
}

function meaning(status: number, codes: HealthCheck['codes']): Ignition {
  if (codes.ignited.includes(status)) return 'ignited';
  if (codes.waiting.includes(status)) return 'waiting';
  if (codes.failed.includes(status)) return 'failed';
  if (codes.markedDown.includes(status)) return 'marked-down';
  return { errored: `status ${status}` };
}

function through(proxy: string): Dispatcher {
  const known = proxies.get(proxy) ?? new ProxyAgent({ uri: proxy, proxyTunnel: false });
  proxies.set(proxy, known);
  return known;
}
