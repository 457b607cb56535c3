import type { Part } from '../input/fault.ts';
import { inContainer, inPod } from './draft.ts';
import type { Job } from './job.ts';
import { SECRET_KEY, secretName } from './secrets.ts';

/** `container.volumes`: of hosts, of secrets, persistent ones, and those of a volume driver. */
export function translateVolumes(job: Job): void {
  for (const volume of job.app.get('container').get('volumes').items()) {
    if (volume.get('persistent').present) aClaim(job, volume, 'persistent');
    else if (volume.get('external').present) aClaim(job, volume, 'external');
    else if (volume.get('secret').text !== undefined) ofSecret(job, volume);
    else if (volume.get('hostPath').text !== undefined) ofHost(job, volume);
  }
}

function aClaim({ ledger }: Job, volume: Part, kind: 'persistent' | 'external'): void {
  const make = 'make a PersistentVolumeClaim, mount it in the template, and bring the data';
  ledger.person(volume, 'storage', make, [], ['containerPath', 'mode']);
  ledger.whole(volume.get(kind), 'storage', 'choose a storage class that gives the same');
}

function ofSecret({ draft, ledger, app }: Job, volume: Part): void {
  const [path, secret] = [volume.get('containerPath'), volume.get('secret')];
  const inSandbox = sandbox(path);
  if (secret.text === undefined || path.text === undefined) return;
  if (inSandbox !== null) {
    ledger.person(volume, 'storage', inSandbox, [], ['containerPath', 'secret', 'mode']);
    return;
  }
  const secretRef = secretName(draft, secret.text);
  const name = nextName(draft.at(inPod('volumes')));
  const to = draft.push(inPod('volumes'), { name, secret: { secretName: secretRef } });
  if (app.get('secrets').get(secret.text).present) ledger.translated(secret, to);
  else ledger.person(secret, 'secret', `make the Secret ${secretRef}: the app does not say from what`, to);
  const mount = { name, mountPath: path.text, subPath: SECRET_KEY, readOnly: true };
  ledger.translated(path, draft.push(inContainer('volumeMounts'), mount));
  ledger.notNeeded(volume.get('mode'), 'kubernetes', 'a Secret is read only');
}

function ofHost({ draft, ledger }: Job, volume: Part): void {
  const [path, host, mode] = [volume.get('containerPath'), volume.get('hostPath'), volume.get('mode')];
  if (path.text === undefined || host.text === undefined) return;
  const keys = ['containerPath', 'hostPath', 'mode'];
  if (!host.text.startsWith('/')) {
    const file = 'it stands in the sandbox, where the fetcher or a volume puts it: put it into the image, or mount it';
    ledger.person(volume, 'storage', file, [], keys);
    return;
  }
  const inSandbox = sandbox(path);
  if (inSandbox !== null) {
    ledger.person(volume, 'storage', inSandbox, [], keys);
    return;
  }
  const name = nextName(draft.at(inPod('volumes')));
  const to = draft.push(inPod('volumes'), { name, hostPath: { path: host.text } });
  const readOnly = mode.text === 'RO';
  const mount = { name, mountPath: path.text, ...(readOnly ? { readOnly } : {}) };
  const mounted = draft.push(inContainer('volumeMounts'), mount);
  ledger.translated(path, mounted);
  if (mode.text === 'RO' || mode.text === 'RW') ledger.translated(mode, mounted);
  if (/docker(\.sock)?$/.test(host.text))
    ledger.person(host, 'storage', 'nodes may have no Docker: what does it do there?', to);
  else if (readOnly) ledger.translated(host, to, 'from the node, as it came from the agent');
  else ledger.person(host, 'storage', 'what it wrote is on the old hosts: bring it, or keep it elsewhere', to);
}

/** What is to be done about a path that is not absolute: it is one of the sandbox. Null where it is absolute. */
function sandbox({ text }: Part): string | null {
  return text?.startsWith('/') === true ? null : 'the path is one of the sandbox, which no pod has: choose one';
}

/** A name for one more volume. */
function nextName(volumes: unknown): string {
  return `volume-${Array.isArray(volumes) ? volumes.length : 0}`;
}
