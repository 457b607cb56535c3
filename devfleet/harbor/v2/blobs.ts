import type { IncomingMessage, ServerResponse } from 'node:http';
import { UPLOADED } from '../content/quotas.ts';
import type { Harbor } from '../harbor.ts';
import { Refusal } from '../refusal.ts';
import type { Blob, Project } from '../store/rows.ts';
import { relay, type Answer } from './backend.ts';
import type { Target } from './target.ts';

export type UploadTarget = Extract<Target, { kind: 'upload' }>;

/** Whom a warning or a refusal of the quota is about. */
export interface Pushing {
  harbor: Harbor;
  project: Project;
  request: IncomingMessage;
  response: ServerResponse;
}

/** HEAD of a blob that Harbor does not know never reaches the registry. */
export async function headBlob(
  harbor: Harbor,
  digest: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (harbor.quotas.blob(digest) === undefined) throw new Refusal('NOT_FOUND', `blob ${digest} not found`);
  await relay(await harbor.backend.forward(request), response);
}

/** Begins an upload, or mounts. Only what is full already, or would be by the mount, is refused here. */
export async function startUpload(
  { harbor, project, request, response }: Pushing,
  { mount }: UploadTarget,
): Promise<string | null> {
  const blob = mount === null ? undefined : harbor.quotas.blob(mount.digest);
  const { result, warning } = await harbor.quotas.request(
    project.id,
    bytesOfMount(harbor, project, mount !== null, blob),
    async () => {
      const answer = await harbor.backend.forward(request);
      const mounted = answer.statusCode === 201 && blob !== undefined ? [blob] : [];
      return { result: answer, gained: answer.statusCode < 400 ? mounted : null };
    },
  );
  await relay(result, response);
  return warning;
}

function bytesOfMount(harbor: Harbor, project: Project, isMount: boolean, blob: Blob | undefined): number | null {
  if (!isMount) return 0;
  return blob === undefined || harbor.quotas.has(project.id, blob.digest) ? null : blob.size;
}

/** How much of an upload the registry has, as it says after each PATCH: its last PUT may have no body of its own. */
export class Accepted {
  readonly #bytes = new Map<string, number>();

  /** Passes a chunk on. */
  async patch({ harbor, request, response }: Pushing, { session }: UploadTarget): Promise<void> {
    const answer = await harbor.backend.forward(request);
    const end = /^\d+-(\d+)$/.exec(String(answer.headers.range))?.[1];
    if (answer.statusCode === 202 && end !== undefined) this.#bytes.set(session, end === '0' ? 0 : Number(end) + 1);
    await relay(answer, response);
  }

  /** Ends an upload. @throws Refusal DENIED where the project has no room for it. @returns a warning of the quota */
  async finish({ harbor, project, request, response }: Pushing, { session }: UploadTarget): Promise<string | null> {
    const own = Number(request.headers['content-length'] ?? 0);
    const size = own === 0 ? (this.#bytes.get(session) ?? 0) : own;
    const digest = new URL(request.url ?? '', 'http://harbor').searchParams.get('digest') ?? '';
    const isNew = size > 0 && !harbor.quotas.has(project.id, digest);
    const { result, warning } = await harbor.quotas.request(project.id, isNew ? size : null, async () => {
      const answer = await harbor.backend.forward(request);
      return { result: answer, gained: storedBlob(answer, size) };
    });
    if (result.statusCode === 201) this.#bytes.delete(session);
    await relay(result, response);
    return warning;
  }
}

function storedBlob(answer: Answer, size: number): Blob[] | null {
  const digest = answer.headers['docker-content-digest'];
  return answer.statusCode === 201 && typeof digest === 'string' ? [{ digest, size, mediaType: UPLOADED }] : null;
}
