import type { Part } from '../input/fault.ts';
import type { Draft } from './draft.ts';
import type { Job } from './job.ts';

/** Key under which the Secret of Kubernetes is to hold the value. */
export const SECRET_KEY = 'value';

/** Name of the Secret of Kubernetes that stands for a secret of the app's. */
export function secretName(draft: Draft, secret: string): string {
  const { app } = draft;
  const word = secret
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return word === '' ? app : `${app}-${word}`;
}

/** `secrets`: where the values are kept. What refers to them is translated where it stands; the Secrets themselves are a person's. */
export function translateSecrets({ app, draft, ledger }: Job): void {
  const secrets = app.get('secrets');
  for (const name of secrets.keys()) {
    const source = secrets.get(name).get('source');
    if (source.text === undefined) continue;
    const use = usesOf(app, name);
    if (use === null) ledger.notNeeded(source, 'ignored', 'nothing in the app refers to it');
    else {
      const kind = use === 'pull' ? 'of type kubernetes.io/dockerconfigjson ' : '';
      const where = use === 'pull' ? '' : `, under the key ${SECRET_KEY}`;
      const make = `make the Secret ${secretName(draft, name)} ${kind}in the environment's namespace`;
      ledger.person(source, 'secret', `${make}, with what ${source.text} holds${where}`);
    }
  }
}

/** What refers to a secret by its name. */
function usesOf(app: Part, name: string): 'pull' | 'value' | null {
  if (app.get('container').get('docker').get('pullConfig').get('secret').text === name) return 'pull';
  const env = app.get('env');
  const inEnv = env.keys().some((key) => env.get(key).get('secret').text === name);
  const volumes = app.get('container').get('volumes').items();
  return inEnv || volumes.some((volume) => volume.get('secret').text === name) ? 'value' : null;
}
