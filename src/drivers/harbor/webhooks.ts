import { z } from 'zod';
import type { RegistryClient } from '../../registry/client.ts';
import { callHarbor, harborPath, listHarbor } from './api.ts';

const targetSchema = z.looseObject({
  type: z.string(),
  address: z.string().default(''),
  auth_header: z.string().default(''),
});
const policySchema = z.looseObject({
  id: z.int(),
  name: z.string().default(''),
  enabled: z.boolean().default(false),
  event_types: z.array(z.string()).nullish(),
  targets: z.array(targetSchema).nullish(),
});
type Policy = z.output<typeof policySchema>;

/** What is to be told to whom. */
export interface WantedHook {
  url: string;
  /** The whole `Authorization` header. */
  authorization: string;
}

/** How the webhook policy of a project is. */
export interface HookState {
  /** The policy that is ours; null: there is none. */
  policy: Policy | null;
  /** What of it is not as it should be; empty where there is none. */
  wrong: string[];
}

/** Ours, where none tells our address yet. */
const NAME = 'transship';

/** What is told: images that come, and tags and images that go. */
const EVENTS = ['PUSH_ARTIFACT', 'DELETE_ARTIFACT'];

const pathOf = (project: number, ...rest: string[]): string =>
  harborPath('projects', String(project), 'webhook', 'policies', ...rest);

/**
 * The policy that tells our address, or has our name. Other targets and further events of it do not matter, nor does its format.
 * @param project its id
 * @throws REGISTRY_DENIED without `notification-policy: list`, RegistryError
 */
export async function hookOf(
  client: RegistryClient,
  project: number,
  wanted: WantedHook,
  signal?: AbortSignal,
): Promise<HookState> {
  const policies = await listHarbor(client, pathOf(project), policySchema, signal);
  const policy =
    policies.find((one) => targetOf(one, wanted) !== undefined) ?? policies.find(({ name }) => name === NAME) ?? null;
  if (policy === null) return { policy, wrong: [] };
  const target = targetOf(policy, wanted);
  const missing = EVENTS.filter((event) => policy.event_types?.includes(event) !== true);
  const wrong = [
    ...(target === undefined ? [`it does not tell ${wanted.url}`] : []),
    ...(target !== undefined && target.auth_header !== wanted.authorization ? ['its Auth Header is another one'] : []),
    ...(missing.length > 0 ? [`it does not tell of ${missing.join(', ')}`] : []),
    ...(policy.enabled ? [] : ['it is disabled']),
  ];
  return { policy, wrong };
}

/**
 * Makes the policy, or mends ours: what else it tells, and whom, stays.
 * @throws REGISTRY_DENIED without `notification-policy: create` or `update`, RegistryError
 */
export async function putHook(
  client: RegistryClient,
  project: number,
  wanted: WantedHook,
  { policy }: HookState,
  signal?: AbortSignal,
): Promise<void> {
  const own = { type: 'http', address: wanted.url, auth_header: wanted.authorization };
  if (policy === null) {
    const body = { name: NAME, enabled: true, event_types: EVENTS, targets: [own] };
    // 409: somebody was faster; what they made is looked at again.
    await callHarbor(client, { method: 'POST', path: pathOf(project), body, accept: [201, 409], signal });
    return;
  }
  const { targets, event_types } = policy;
  const known = targetOf(policy, wanted);
  const mended = known === undefined ? own : { ...known, ...own };
  const body = {
    ...policy,
    enabled: true,
    event_types: [...new Set([...(event_types ?? []), ...EVENTS])],
    // Of a policy that has our name only, the target is ours at another address.
    targets: [...(known === undefined ? [] : (targets ?? []).filter((target) => target !== known)), mended],
  };
  const path = pathOf(project, String(policy.id));
  await callHarbor(client, { method: 'PUT', path, body, accept: [200], signal });
}

function targetOf({ targets }: Policy, { url }: WantedHook): z.output<typeof targetSchema> | undefined {
  const plain = (address: string): string => address.trim().replace(/\/+$/, '');
  return targets?.find(({ type, address }) => type === 'http' && plain(address) === plain(url));
}
