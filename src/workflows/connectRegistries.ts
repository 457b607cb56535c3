import { isCancellation } from '@temporalio/workflow';
import { ERRORS, type ErrorCode } from '../domain/errors.ts';
import type { Connection } from '../domain/sync/connection.ts';
import type { RegistryAt } from '../domain/sync/progress.ts';
import type { ConnectRegistriesInput } from '../temporal/sync.ts';
import { connectActivities } from './sync/activities.ts';
import { troubleOf } from './troubles.ts';

/**
 * Says whether registries are as sync rules need them, each looked at by the worker of its IDC, which alone has its credential;
 * with `apply` webhook policies are made and mended. One whose worker is not there is told so, and keeps no other from telling.
 */
export async function connectRegistries(input: ConnectRegistriesInput): Promise<Connection[]> {
  return Promise.all(input.registries.map(async (at) => connect(input, at)));
}

async function connect(
  { rules, apply }: ConnectRegistriesInput,
  { name: registry, idc }: RegistryAt,
): Promise<Connection> {
  try {
    const { connectRegistry } = connectActivities(idc, `${apply ? 'connect' : 'look at'} ${registry}`);
    return await connectRegistry({ registry, rules, apply });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { code, message } = troubleOf(error);
    const { next } = ERRORS[code as ErrorCode];
    return { registry, findings: [{ about: 'registry', state: 'wrong', message: `${code}: ${message}`, next }] };
  }
}
