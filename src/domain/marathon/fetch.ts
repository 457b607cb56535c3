import type { Job } from './job.ts';

/** `fetch` and `uris`: what the Mesos fetcher puts into the sandbox before the start. Nothing does that for a pod. */
export function translateFetch({ app, ledger }: Job): void {
  for (const uri of app.get('uris').items()) ledger.person(uri, 'download', adviceFor(uri.text ?? ''));
  for (const artifact of app.get('fetch').items()) {
    const keys = ['uri', 'extract', 'executable', 'cache', 'destPath'];
    ledger.person(artifact, 'download', adviceFor(artifact.get('uri').text ?? ''), [], keys);
  }
}

/** Credentials of a registry are fetched like any other file: by names that Docker gives them. */
function adviceFor(uri: string): string {
  return /(\.dockercfg|docker\.tar\.gz|\.docker\/config\.json)$/.test(uri)
    ? 'credentials of a registry: make a Secret of type kubernetes.io/dockerconfigjson, and name it in imagePullSecrets'
    : 'put the file into the image, or let an init container fetch it';
}
