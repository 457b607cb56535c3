import type { Finding } from '../domain/sync/connection.ts';
import { hookOf, putHook, type WantedHook } from '../drivers/harbor/webhooks.ts';
import { type Connecting, withoutSecret } from './connecting.ts';

interface Hooked {
  name: string;
  /** Null: the credential does not see the project. */
  id: number | null;
  rights: ReadonlySet<string>;
}

/**
 * The webhook policy of a project that images come from: as it is, or, where it is to be applied, as it is then.
 * @throws RegistryError
 */
export async function connectHook(
  { registry, client, signal, apply, hookUrl }: Connecting,
  { name, id, rights }: Hooked,
  secret: string | undefined,
): Promise<Finding> {
  const about = `webhook of project ${name}`;
  if (secret === undefined) return withoutSecret(registry.name, about);
  const wanted: WantedHook = { url: hookUrl, authorization: secret };
  const missing = (action: string): Finding => ({
    ...{ about, state: 'wrong', message: `the credential may not notification-policy: ${action}` },
    next: `give the robot account that permission, or set it by hand: for Artifact pushed and Artifact deleted, Endpoint URL ${hookUrl}, Auth Header the webhookSecret of the fleet file`,
  });
  if (id === null || !rights.has('notification-policy:list')) return missing('list');
  const before = await hookOf(client, id, wanted, signal);
  const [action, message] =
    before.policy === null
      ? ['create', `is missing: it is to tell ${hookUrl} of what is pushed and deleted`]
      : ['update', `${before.policy.name} differs: ${before.wrong.join('; ')}`];
  if (before.policy !== null && before.wrong.length === 0) {
    return { about, state: 'ok', message: `${before.policy.name} tells ${hookUrl}`, next: null };
  }
  if (!rights.has(`notification-policy:${action}`)) return missing(action);
  if (!apply) return { about, state: 'todo', message, next: null };
  await putHook(client, id, wanted, before, signal);
  const after = await hookOf(client, id, wanted, signal);
  if (after.policy !== null && after.wrong.length === 0) {
    return { about, state: 'done', message: `${after.policy.name} tells ${hookUrl} now`, next: null };
  }
  const next = 'connect again: somebody else may have changed it just now';
  return { about, state: 'wrong', message: `is not what was written: ${after.wrong.join('; ')}`, next };
}
