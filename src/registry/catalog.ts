import { z } from 'zod';
import type { RegistryClient } from './client.ts';
import { RegistryError } from './errors.ts';
import { nextPage } from './pages.ts';

const Page = z.object({ repositories: z.array(z.string()).nullable() });

/** What a token must allow: registries give it to few. */
const SCOPES = ['registry:catalog:*'];

/**
 * Repositories of a registry, page by page (`_catalog`, of the registry API of Docker; Harbor gives it to system robots and
 * administrators).
 * @param pageSize how many to ask for at once; the registry may give fewer. Default: 1,000
 * @throws REGISTRY_DENIED, REGISTRY_UNSUPPORTED, RegistryError
 */
export async function* listRepositories(
  client: RegistryClient,
  signal?: AbortSignal,
  pageSize = 1000,
): AsyncGenerator<string> {
  let target: string | URL | null = `/v2/_catalog?n=${pageSize}`;
  while (target !== null) {
    const { headers, body, url } = await client.send({ method: 'GET', target, scopes: SCOPES, accept: [200], signal });
    const page = Page.safeParse(await body.json().catch(() => null));
    if (!page.success)
      throw new RegistryError('REGISTRY_UNREACHABLE', `${client.url.host}: no list of repositories came`);
    yield* page.data.repositories ?? [];
    target = nextPage(headers['link'], url);
  }
}
