import { z } from 'zod';

const example = {
  type: 'PUSH_ARTIFACT',
  occur_at: 1_678_082_303,
  operator: 'admin',
  event_data: {
    resources: [{ digest: `sha256:${'0'.repeat(64)}`, tag: 'v2', resource_url: 'harbor.north/shop/web:v2' }],
    repository: { name: 'web', namespace: 'shop', repo_full_name: 'shop/web', repo_type: 'private' },
  },
};

/** As registries send it: toldIn reads it. */
export const hookBodySchema = z
  .looseObject({})
  .meta({ id: 'RegistryHook', description: 'As the registry sends it', examples: [example] });

export const hookAnswerSchema = z
  .object({
    asked: z
      .int()
      .meta({ description: 'Pushes whose image was asked for, and deletions for which a repository is compared' }),
    known: z.int().meta({ description: 'Those that had been told of before' }),
    unwanted: z.int().meta({ description: 'Those that no sync rule has to do with' }),
  })
  .meta({ id: 'HookAnswer', examples: [{ asked: 1, known: 0, unwanted: 0 }] });
