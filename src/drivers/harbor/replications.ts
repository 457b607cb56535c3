import { z } from 'zod';
import type { Replication } from '../../domain/sync/replication.ts';
import type { RegistryClient } from '../../registry/client.ts';
import { listHarbor } from './api.ts';

const remoteSchema = z.object({ id: z.int().default(0), url: z.string().default('') }).nullish();
const policySchema = z.object({
  name: z.string(),
  enabled: z.boolean().default(false),
  src_registry: remoteSchema,
  dest_registry: remoteSchema,
  dest_namespace: z.string().default(''),
  filters: z
    .array(z.object({ type: z.string(), value: z.unknown(), decoration: z.string().default('matches') }))
    .nullish(),
  trigger: z.object({ type: z.string() }).nullish(),
});

/**
 * The replication rules of a Harbor that bring something to a registry of the fleet. Filters by label and by kind of artifact are
 * passed over: they only bring less.
 * @param own how the fleet calls this Harbor
 * @param nameOf how the fleet calls the registry with this URL; null: it has none such
 * @throws REGISTRY_DENIED without `replication-policy: list`, which is a right of the system; RegistryError
 */
export async function replicationsOf(
  client: RegistryClient,
  own: string,
  nameOf: (url: string) => string | null,
  signal?: AbortSignal,
): Promise<Replication[]> {
  const policies = await listHarbor(client, '/replication/policies', policySchema, signal);
  // Id 0 is this Harbor itself.
  const called = (remote: z.output<typeof remoteSchema>): string | null =>
    (remote?.id ?? 0) === 0 ? own : nameOf(remote?.url ?? '');
  return policies.flatMap((policy): Replication[] => {
    const to = called(policy.dest_registry);
    if (to === null) return [];
    const { name, enabled, trigger, dest_namespace: namespace, filters } = policy;
    const filter = (type: string) => filters?.find((one) => one.type === type && typeof one.value === 'string');
    const tags = filter('tag');
    return [
      {
        ...{ name, enabled, trigger: trigger?.type ?? 'manual', from: called(policy.src_registry), to },
        repositories: (filter('name')?.value as string | undefined) ?? null,
        tags: tags === undefined ? null : { pattern: String(tags.value), excludes: tags.decoration === 'excludes' },
        namespace: namespace === '' ? null : namespace,
      },
    ];
  });
}
