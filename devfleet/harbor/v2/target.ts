import { isDigest, projectNameOf } from '../content/artifacts.ts';
import { Refusal } from '../refusal.ts';

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const NAME = `(?<name>${COMPONENT}(?:/${COMPONENT})*)`;
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';

/** src/lib/patterns.go */
const PATTERNS = {
  manifest: new RegExp(`^/v2/${NAME}/manifests/(?<reference>.*)$`),
  tags: new RegExp(`^/v2/${NAME}/tags/list`),
  blob: new RegExp(`^/v2/${NAME}/blobs/(?<digest>${DIGEST})$`),
  upload: new RegExp(`^/v2/${NAME}/blobs/uploads(?:/(?<session>[-a-zA-Z0-9_.=]*))?/?$`),
  referrers: new RegExp(`^/v2/${NAME}/referrers/(?<reference>.*)$`),
};

/** What of the registry's API a call is about. */
export type Target =
  | { kind: 'base' }
  | { kind: 'catalog' }
  | { kind: 'unknown' }
  | ({ kind: 'manifest'; reference: string } & InRepository)
  | ({ kind: 'referrers'; reference: string } & InRepository)
  | ({ kind: 'tags' } & InRepository)
  | ({ kind: 'blob'; digest: string } & InRepository)
  | ({ kind: 'upload'; session: string; mount: Mount | null } & InRepository);

interface InRepository {
  repository: string;
  project: string;
}

interface Mount {
  digest: string;
  /** Repository that has the blob; null: the registry may look for itself. */
  from: string | null;
}

/** @throws Refusal for a repository without a project, and for what is neither tag nor digest */
export function readTarget(url: URL): Target {
  const { pathname, searchParams } = url;
  if (pathname === '/v2/') return { kind: 'base' };
  if (/^\/v2\/_catalog(\/.*)?$/.test(pathname)) return { kind: 'catalog' };
  for (const kind of ['manifest', 'tags', 'blob', 'upload', 'referrers'] as const) {
    const { name: repository, reference = '', digest = '', session = '' } = PATTERNS[kind].exec(pathname)?.groups ?? {};
    if (repository === undefined) continue;
    const project = projectOf(repository);
    if (kind === 'tags') return { kind, repository, project };
    if (kind === 'blob') return { kind, repository, project, digest };
    if (kind === 'upload') return { kind, repository, project, session, mount: readMount(searchParams) };
    if (reference !== '' && !isDigest(reference) && !/^\w[\w.-]{0,127}$/.test(reference))
      throw new Refusal('NOT_FOUND', 'invalid reference format');
    return { kind, repository, project, reference };
  }
  return { kind: 'unknown' };
}

function projectOf(repository: string): string {
  if (!repository.includes('/'))
    throw new Refusal('BAD_REQUEST', `bad request: invalid repository name: ${repository}`);
  return projectNameOf(repository);
}

function readMount(query: URLSearchParams): Mount | null {
  const digest = query.get('mount') ?? '';
  const from = query.get('from') ?? '';
  if (from !== '') projectOf(from);
  return digest === '' ? null : { digest, from: from === '' ? null : from };
}
