import type { FleetRegistry } from '../domain/registries.ts';
import type { Finding } from '../domain/sync/connection.ts';
import { type Connecting, withoutSecret } from './connecting.ts';

/**
 * A registry without an API of its own: whether it lets us in, and what only its configuration can say.
 * @throws RegistryError where it does not
 */
export async function connectOther({ registry, rules, client, hookUrl, signal }: Connecting): Promise<Finding[]> {
  await client.ping(signal);
  const findings: Finding[] = [{ about: 'registry', state: 'ok', message: 'answers', next: null }];
  if (!rules.some(({ from, onPush }) => from === registry.name && onPush)) return findings;
  return [...findings, notificationsOf(registry, hookUrl)];
}

function notificationsOf({ name, webhookSecret }: FleetRegistry, hookUrl: string): Finding {
  const about = 'notifications';
  if (webhookSecret === undefined) return withoutSecret(name, about);
  const next = [
    'its configuration needs, with the webhookSecret of the fleet file:',
    'notifications:',
    '  endpoints:',
    '    - name: transship',
    `      url: ${hookUrl}`,
    "      headers: { Authorization: ['<webhookSecret>'] }",
    '      timeout: 1s',
    '      threshold: 10',
    '      backoff: 1s',
    '      ignore: { actions: [pull] }',
  ].join('\n');
  return { about, state: 'unknown', message: 'whether it tells of pushes stands in its configuration alone', next };
}
