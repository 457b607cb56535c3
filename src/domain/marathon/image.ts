import { isRepository } from '../app-checks.ts';
import { translateParameters } from './docker-parameters.ts';
import { inContainer, inPod } from './draft.ts';
import type { Job } from './job.ts';
import { secretName } from './secrets.ts';

/** An image's name in its parts. */
interface ImageName {
  /** Registry host, where one is named. */
  host: string | null;
  repository: string;
  tag: string | null;
  digest: string | null;
}

/** `host:5000/shop/web:v1@sha256:…`. What stands before the first slash is a host where it has a dot or a port, or is localhost. */
function parseImage(image: string): ImageName {
  const [named = '', digest = null] = image.split('@', 2);
  const [first = '', ...rest] = named.split('/');
  const host = rest.length > 0 && /^(?:localhost|[^:]*\.[^:]*|[^:]+(?=:\d))(?::\d+)?$/.test(first) ? first : null;
  const path = host === null ? named : rest.join('/');
  const [, repository = path, tag = null] = /^(.*):([^/:]+)$/.exec(path) ?? [];
  return { host, repository, tag, digest };
}

/**
 * The image, and how it is run.
 * @returns tag to release first, which is the version that runs on Marathon; null where there is none
 */
export function translateImage(job: Job): string | null {
  const { app, draft, ledger } = job;
  const container = app.get('container');
  const docker = container.get('docker');
  ledger.notNeeded(container.get('type'), 'kubernetes', 'the nodes choose the container runtime');
  ledger.notNeeded(docker.get('forcePullImage'), 'transship', 'images are pulled by digest');
  translateRights(job);
  translateParameters(job);
  const { text } = docker.get('image');
  if (text === undefined) {
    // The id is a fit name for what is to be built.
    const to = draft.put(['images', draft.container], repositoryOf(job.id));
    ledger.missing('image', 'image', 'build an image that holds what it runs, and name its repository', [to]);
    return null;
  }
  const { host, repository, tag, digest } = parseImage(text);
  const fits = isRepository(repository);
  const to = draft.put(['images', draft.container], fits ? repository : repositoryOf(job.id));
  if (!fits) ledger.person(docker.get('image'), 'image', 'it is no name of an image: which one is it?', to);
  else if (digest !== null)
    ledger.person(docker.get('image'), 'image', 'a release names a tag: give this digest one, and release that', to);
  else {
    const from = host === null ? '' : `; each IDC's own registry must have it, not ${host}`;
    ledger.translated(docker.get('image'), to, `version ${tag ?? 'latest'}${from}`);
    return tag ?? 'latest';
  }
  return null;
}

const repositoryOf = (id: string): string => {
  const path = id.replace(/^\/+|\/+$/g, '').toLowerCase();
  return isRepository(path) ? path : 'app';
};

/** Who it runs as, with what rights, and how its image is pulled. */
function translateRights({ app, draft, ledger }: Job): void {
  const [docker, user, tty] = [app.get('container').get('docker'), app.get('user'), app.get('tty')];
  const privileged = docker.get('privileged');
  if (privileged.value === false) ledger.notNeeded(privileged, 'default');
  if (privileged.value === true)
    ledger.translated(privileged, draft.put(inContainer('securityContext', 'privileged'), true));
  if (tty.value === false) ledger.notNeeded(tty, 'default');
  if (tty.value === true) ledger.translated(tty, draft.put(inContainer('tty'), true));
  if (user.text !== undefined && user.text !== '') {
    const id = user.text === 'root' ? '0' : user.text;
    if (/^\d+$/.test(id)) ledger.translated(user, draft.put(inContainer('securityContext', 'runAsUser'), Number(id)));
    else ledger.person(user, 'kernel', `Kubernetes knows users by number: set runAsUser to that of ${user.text}`);
  }
  const pull = docker.get('pullConfig').get('secret');
  if (pull.text !== undefined)
    ledger.translated(pull, draft.push(inPod('imagePullSecrets'), { name: secretName(draft, pull.text) }));
  const how = 'make a Secret of type kubernetes.io/dockerconfigjson, and name it in imagePullSecrets';
  ledger.person(docker.get('credential'), 'secret', how, [], ['principal', 'secret']);
}
