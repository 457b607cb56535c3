import type { FleetRegistry } from '../domain/registries.ts';
import type { Finding } from '../domain/sync/connection.ts';
import type { SyncRule } from '../domain/sync/rule.ts';
import type { RegistryClient } from '../registry/client.ts';

export interface ConnectInput {
  /** A registry of this IDC. */
  registry: string;
  /** All sync rules in force. */
  rules: SyncRule[];
  /** Makes and mends webhook policies. Otherwise it only looks. */
  apply: boolean;
}

/** What a look at a registry has to go by. */
export interface Connecting extends Omit<ConnectInput, 'registry'> {
  registry: FleetRegistry;
  client: RegistryClient;
  /** Of the fleet. */
  registries: FleetRegistry[];
  /** Where it is to tell of pushes. */
  hookUrl: string;
  signal: AbortSignal;
}

/** Whatever it tells would be refused. */
export function withoutSecret(registry: string, about: string): Finding {
  return {
    ...{ about, state: 'wrong', message: `registry ${registry} has no webhookSecret: what it tells would be refused` },
    next: 'set it in the fleet file, from the environment, and start the API and the workers with it',
  };
}
