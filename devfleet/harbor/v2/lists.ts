import type { ServerResponse } from 'node:http';
import { accessoriesOf, isDigest, repositoryNamed } from '../content/artifacts.ts';
import type { Harbor } from '../harbor.ts';
import { Refusal } from '../refusal.ts';

/** `tags/list?n=&last=`, with a Link to what comes next. @throws Refusal NOT_FOUND, BAD_REQUEST */
export function listTags({ store }: Harbor, repository: string, url: URL, response: ServerResponse): void {
  const n = pageSize(url);
  // Who wants none is told so, whatever the repository.
  const id = n === 0 ? null : repositoryNamed(store, repository).id;
  const names = store.tags.where(({ repositoryId }) => repositoryId === id).map(({ name }) => name);
  const { page, link } = pageOf(names.sort(), n, url);
  sendJson(response, { name: repository, tags: page }, link);
}

/** `_catalog`: repositories that have a tag. @throws Refusal BAD_REQUEST for a `last` that is no repository */
export function listCatalog({ store }: Harbor, url: URL, response: ServerResponse): void {
  const n = pageSize(url);
  const tagged = new Set(store.tags.all().map(({ repositoryId }) => repositoryId));
  const names = store.repositories.where(({ id }) => tagged.has(id)).map(({ name }) => name);
  const last = url.searchParams.get('last') ?? '';
  if (n !== null && last !== '' && !names.includes(last))
    throw new Refusal('BAD_REQUEST', `the last: ${last} should be a valid repository name.`);
  const { page, link } = pageOf(names.sort(), n, url);
  sendJson(response, { repositories: page }, link);
}

/** `referrers/<digest>?artifactType=`: what Harbor knows as accessories, of a subject that need not be there. */
export function listReferrers(
  { store }: Harbor,
  repository: string,
  reference: string,
  url: URL,
  response: ServerResponse,
): void {
  if (!isDigest(reference))
    throw new Refusal('BAD_REQUEST', `unsupported digest ${reference}: invalid checksum digest format`);
  const wanted = url.searchParams.get('artifactType') ?? '';
  const accessories = accessoriesOf(store, repository, reference);
  const manifests = accessories.flatMap(({ digest }) => {
    const artifact = store.artifacts.get(`${repository}@${digest}`);
    if (artifact === undefined || (wanted !== '' && artifact.artifactType !== wanted)) return [];
    const { manifestMediaType: mediaType, manifestSize: size, annotations, artifactType } = artifact;
    const hasAnnotations = Object.keys(annotations).length > 0;
    return {
      mediaType,
      digest,
      size,
      ...(hasAnnotations ? { annotations } : {}),
      ...(artifactType === '' ? {} : { artifactType }),
    };
  });
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  response.writeHead(200, {
    'content-type': mediaType,
    'x-total-count': accessories.length,
    ...(wanted === '' ? {} : { 'oci-filters-applied': 'artifactType' }),
  });
  response.end(`${JSON.stringify({ schemaVersion: 2, mediaType, manifests })}\n`);
}

function pageSize({ searchParams }: URL): number | null {
  const n = searchParams.get('n') ?? '';
  if (n === '') return null;
  if (!/^\+?\d+$/.test(n)) throw new Refusal('BAD_REQUEST', 'the N must be a positive int type');
  return Number(n);
}

function pageOf(names: string[], n: number | null, url: URL): { page: string[]; link: string | null } {
  const last = url.searchParams.get('last') ?? '';
  const rest = last === '' ? names : names.filter((name) => name > last);
  const page = n === null ? rest : rest.slice(0, n);
  const end = page.at(-1);
  if (n === null || end === undefined || end === names.at(-1)) return { page, link: null };
  return { page, link: `<${url.pathname}?${new URLSearchParams({ last: end, n: String(n) }).toString()}>; rel="next"` };
}

function sendJson(response: ServerResponse, body: object, link: string | null): void {
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    ...(link === null ? {} : { link }),
  });
  response.end(`${JSON.stringify(body)}\n`);
}
