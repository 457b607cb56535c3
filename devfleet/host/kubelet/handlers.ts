import { get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { loopbackOf } from '../addresses.ts';
import type { Container, Handler } from './pod.ts';

/** Outcome of an HTTP or TCP handler; `output` is what events say. */
export interface HandlerResult {
  ok: boolean;
  output: string;
}

/** What a sim host cannot run of a container's handlers, in words; null when it can run all. */
export function unsupported(container: Container): string | null {
  const handlers: [string, Handler | undefined][] = [
    ['startupProbe', container.startupProbe],
    ['readinessProbe', container.readinessProbe],
    ['livenessProbe', container.livenessProbe],
    ['lifecycle.preStop', container.lifecycle?.preStop],
    ['lifecycle.postStart', container.lifecycle?.postStart],
  ];
  for (const [path, handler] of handlers) {
    const kind = handler?.exec ? 'exec' : handler?.grpc ? 'grpc' : null;
    if (kind !== null)
      return `${path}: a sim host has no program to run, so ${kind} is not supported; use httpGet, tcpSocket or sleep`;
  }
  return null;
}

/** Runs a probe's or hook's handler against the pod's address. Never throws. */
export async function runHandler(
  handler: Handler,
  container: Container,
  address: string,
  timeoutMs: number,
): Promise<HandlerResult> {
  if (handler.sleep) {
    await sleep(handler.sleep.seconds * 1000);
    return { ok: true, output: '' };
  }
  const wanted = (handler.httpGet ?? handler.tcpSocket)?.port;
  const port =
    typeof wanted === 'string' ? container.ports?.find(({ name }) => name === wanted)?.containerPort : wanted;
  if (port === undefined) return { ok: false, output: `no port "${wanted ?? ''}"` };
  if (handler.httpGet) return httpGet(handler.httpGet, address, port, timeoutMs);
  return tcpConnect(address, port, timeoutMs);
}

function httpGet(
  { path = '/', httpHeaders = [] }: NonNullable<Handler['httpGet']>,
  address: string,
  port: number,
  timeoutMs: number,
): Promise<HandlerResult> {
  const url = `http://${address}:${port}${path}`;
  return new Promise((resolve) => {
    const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
    // A connection of its own each time, as the kubelet does.
    const request = get(
      { host: loopbackOf(address), port, path, agent: false, headers: { host: `${address}:${port}`, ...headers } },
      (response) => {
        const code = response.statusCode ?? 0;
        response.resume();
        resolve({ ok: code >= 200 && code < 400, output: `HTTP probe failed with statuscode: ${code}` });
      },
    );
    const timer = setTimeout(() => request.destroy(new Error('context deadline exceeded')), timeoutMs);
    request.on('error', (error) => resolve({ ok: false, output: `Get "${url}": ${error.message}` }));
    request.on('close', () => clearTimeout(timer));
  });
}

function tcpConnect(address: string, port: number, timeoutMs: number): Promise<HandlerResult> {
  return new Promise((resolve) => {
    const socket = connect({ host: loopbackOf(address), port, timeout: timeoutMs });
    const done = (result: HandlerResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', () => done({ ok: true, output: '' }));
    socket.on('timeout', () => done({ ok: false, output: `dial tcp ${address}:${port}: i/o timeout` }));
    socket.on('error', (error) => done({ ok: false, output: `dial tcp ${address}:${port}: ${error.message}` }));
  });
}
