import type { Part } from '../input/fault.ts';
import { isReservedLabel } from '../template-checks.ts';
import type { Job } from './job.ts';

/** Labels by which people say who answers for an app, in the order in which they are believed. */
const OWNERS = ['owner', 'team', 'maintainer', 'contact'];
const ENVIRONMENTS = ['environment', 'env'];

/** Labels are labels of the pods, or annotations where they do not fit; some of them say what the app file says elsewhere. */
export function translateLabels(job: Job): void {
  const { app, draft, ledger, options } = job;
  const labels = app.get('labels');
  const said = (keys: string[]): string | undefined => keys.find((key) => (labels.get(key).text ?? '') !== '');
  const used = new Map<string, string>();

  const ownerLabel = options.owner === undefined ? said(OWNERS) : undefined;
  const owner = options.owner ?? (ownerLabel === undefined ? undefined : labels.get(ownerLabel).text);
  if (owner !== undefined) {
    const at = draft.putApp('owner', owner);
    if (ownerLabel !== undefined) used.set(ownerLabel, at);
  }
  const description = labels.get('description').text;
  if (description !== undefined) used.set('description', draft.putApp('description', description));

  const envLabel = options.environment === undefined ? said(ENVIRONMENTS) : undefined;
  const environment = options.environment ?? (envLabel === undefined ? undefined : labels.get(envLabel).text);
  const at = draft.put(['environment'], environment ?? 'ENVIRONMENT');
  if (envLabel !== undefined) used.set(envLabel, at);
  if (environment === undefined)
    ledger.missing('environment', 'environment', 'say which environment it is in: --env ENV', [at]);

  for (const key of labels.keys()) translateLabel(job, key, labels.get(key), used.get(key));
}

function translateLabel({ draft, ledger }: Job, key: string, label: Part, used: string | undefined): void {
  const { text } = label;
  if (text === undefined) return;
  const router = routerOf(key);
  if (router !== undefined) ledger.person(label, 'traffic', router);
  // Single-instance apps are replaced without a second one beside them: so is every instance here.
  else if (key === 'MARATHON_SINGLE_INSTANCE_APP') ledger.notNeeded(label, 'transship', 'one is replaced in its place');
  else if (!LABEL_KEY.test(key) || isReservedLabel(key))
    ledger.person(label, 'name', 'no label of Kubernetes may be called so: choose another name, or leave it');
  else {
    const kind = LABEL_VALUE.test(text) ? 'labels' : 'annotations';
    const at = draft.put(['template', 'metadata', kind, key], text);
    ledger.translated(label, [at, ...(used === undefined ? [] : [used])]);
  }
}

/** A label's name may have 63 characters, and a domain in front of it. */
const LABEL_KEY = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
export const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** Who reads the label on a Mesos cluster to send traffic by it. */
function routerOf(key: string): string | undefined {
  if (/^HAPROXY_/i.test(key)) return 'marathon-lb reads it: describe its load balancer as a traffic driver';
  if (/^traefik[./]/i.test(key)) return 'Traefik reads it: describe its load balancer as a traffic driver';
  if (/^VIP(_|$)/i.test(key)) return 'a virtual address of DC/OS: use the Service of the group';
  if (/^DCOS_/.test(key)) return 'DC/OS reads it, for its router and catalogue, and nobody does here';
  return undefined;
}
