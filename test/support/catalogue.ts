import type { Catalogue, NewEvent, OperationRow } from '../../src/catalogue/types.ts';
import type { AzSetRef, GroupRef, InstanceRef, Spec } from '../../src/domain/types.ts';

export const SHOP_WEB: GroupRef = { env: 'pro', app: 'shop', group: 'web' };

export const BY_ALICE = { name: 'alice', channel: 'cli' } as const;

/** AzSets `<app>-<group>-az-N` of the given sizes, with their instances round robin. */
export function layout(
  ref: GroupRef,
  ...counts: number[]
): { azSets: (AzSetRef & { count: number })[]; instances: InstanceRef[] } {
  const azSets = counts.map((count, at) => ({
    idc: 'north',
    az: `az-${at + 1}`,
    cluster: 'north-1',
    namespace: ref.env,
    name: `${ref.app}-${ref.group}-az-${at + 1}`,
    count,
  }));
  const instances: InstanceRef[] = [];
  for (let ordinal = 0; ordinal < Math.max(...counts); ordinal++) {
    for (const { count, ...azSet } of azSets) {
      if (ordinal >= count) continue;
      const index = instances.length;
      instances.push({ index, name: `${ref.group}-${index}`, azSet, member: `${azSet.name}-${ordinal}` });
    }
  }
  return { azSets, instances };
}

export function spec(version: string): Omit<Spec, 'number'> {
  return {
    version,
    template: { spec: { containers: [{ name: 'web', image: 'placeholder' }] } },
    images: { web: { repository: 'shop/web', tag: version, digest: `sha256:${version.padEnd(64, '0')}` } },
    health: {
      path: '/health',
      port: 8080,
      timeoutSeconds: 180,
      codes: { ignited: [200], waiting: [526, 528], failed: [527], markedDown: [530] },
    },
    ports: [{ name: 'http', port: 80, targetPort: 8080 }],
    traffic: ['service'],
  };
}

/** Creates a release of the one group and returns the two ids. */
export async function createRelease(
  catalogue: Catalogue,
  id: string,
  ref = SHOP_WEB,
): Promise<{ release: string; group: string }> {
  const common = { root: id, env: ref.env, app: ref.app, version: 'v2', input: { some: ['input'] }, actor: BY_ALICE };
  const rows: Parameters<Catalogue['operations']['create']>[0] = [
    { ...common, id, kind: 'releaseApp', group: null, workflowId: `release/${id}` },
    {
      ...common,
      id: `${id}.${ref.group}`,
      kind: 'releaseGroup',
      group: ref.group,
      workflowId: `group/${ref.env}/${ref.app}/${ref.group}`,
    },
  ];
  await catalogue.operations.create(rows);
  return { release: id, group: `${id}.${ref.group}` satisfies OperationRow['id'] };
}

export function event(root: string, change: Partial<NewEvent> = {}): NewEvent {
  return {
    root,
    operation: `${root}.web`,
    kind: 'step',
    instance: 'web-0',
    step: 'takeOut',
    attempt: 1,
    outcome: 'done',
    message: 'taken out',
    data: null,
    ...change,
  };
}
