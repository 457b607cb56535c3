import type { OperationRow } from '../../catalogue/types.ts';
import type { ReleaseAppInput } from '../../temporal/messages.ts';
import { groupWorkflowId, releaseWorkflowId } from '../../temporal/names.ts';

type NewRow = Pick<
  OperationRow,
  | 'id'
  | 'kind'
  | 'root'
  | 'env'
  | 'app'
  | 'group'
  | 'version'
  | 'flavor'
  | 'corrects'
  | 'namespace'
  | 'workflowId'
  | 'input'
  | 'actor'
>;

/**
 * Rows of a release and its groups, as they are written before its workflow is started.
 * @param options.namespace Temporal namespace of their workflows
 * @param options.corrects what a rollback or repair puts right
 */
export function operationRows(
  input: ReleaseAppInput,
  { namespace, corrects = null }: { namespace: string; corrects?: string | null },
): NewRow[] {
  const { operation: root, env, app, version, actor } = input;
  const flavor = input.groups[0]?.flavor ?? 'release';
  const shared = { root, env, app, actor, flavor, corrects, namespace };
  return [
    { ...shared, id: root, version, kind: 'releaseApp', group: null, workflowId: releaseWorkflowId(root), input },
    ...input.groups.map((group): NewRow => ({
      ...shared,
      id: group.operation,
      version: group.spec.version,
      kind: 'releaseGroup',
      group: group.ref.group,
      workflowId: groupWorkflowId(group.ref),
      input: group,
    })),
  ];
}
