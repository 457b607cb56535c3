import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import { TransshipError } from '../../domain/errors.ts';

/** Credentials are asked for again after this, so that a rotated token is picked up before the old one ends. */
const RENEW_MS = 60_000;

/** Where a cluster is and how to speak to it now. */
export interface Session {
  server: string;
  headers: Record<string, string>;
  dispatcher: Dispatcher | undefined;
}

/** Reads a kubeconfig and keeps its credentials (tokens, certificates, exec plugins) current. */
export class Sessions {
  readonly #file: string;
  readonly #context: string | undefined;
  #config: KubeConfig;
  #current: (Session & { at: number }) | null = null;

  /** @throws FLEET_INVALID when the file or the context is not there */
  constructor(file: string, context: string | undefined) {
    this.#file = file;
    this.#context = context;
    this.#config = this.#load();
  }

  async get(): Promise<Session> {
    if (this.#current !== null && Date.now() - this.#current.at < RENEW_MS) return this.#current;
    return this.#open(this.#current?.dispatcher);
  }

  /** After "who are you?": reads everything again, certificates included. */
  async renew(): Promise<Session> {
    this.#config = this.#load();
    return this.#open(undefined);
  }

  async close(): Promise<void> {
    await this.#current?.dispatcher?.destroy();
    this.#current = null;
  }

  /** @param dispatcher holds the connections: another one only where that is of no use */
  async #open(dispatcher: Dispatcher | undefined): Promise<Session> {
    const server = this.#config.getCurrentCluster()?.server ?? '';
    const request = new RequestContext(server, HttpMethod.GET);
    await this.#config.applySecurityAuthentication(request);
    const session = {
      at: Date.now(),
      server: server.replace(/\/$/, ''),
      headers: request.getHeaders(),
      dispatcher: dispatcher ?? request.getDispatcher(),
    };
    this.#current = session;
    return session;
  }

  #load(): KubeConfig {
    const config = new KubeConfig();
    try {
      config.loadFromFile(this.#file);
      if (this.#context !== undefined) config.setCurrentContext(this.#context);
    } catch (error) {
      throw new TransshipError('FLEET_INVALID', `the kubeconfig ${this.#file} cannot be read: ${String(error)}`, {
        cause: error,
      });
    }
    if (config.getCurrentCluster() === null) {
      throw new TransshipError(
        'FLEET_INVALID',
        `the kubeconfig ${this.#file} has no cluster for the context "${config.getCurrentContext()}"`,
      );
    }
    return config;
  }
}
