import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { AppDefinition } from '../domain/app.ts';
import type { CommandName, InstancePhase, ReleaseState } from '../domain/states.ts';
import type { Comparison } from '../domain/sync/drift.ts';
import type { SyncPriority } from '../domain/sync/priority.ts';
import type { CopyReport, Sync, SyncState } from '../domain/sync/progress.ts';
import type { SyncRule } from '../domain/sync/rule.ts';
import type { Actor, Flavor, Spec, Trouble } from '../domain/types.ts';
import type { CommandRow, EventRow, OperationRow } from './types.ts';

/** Read as ISO text (pool.ts), written as ISO text, or left to the column's default. */
type Time = ColumnType<string, string | undefined, string>;
type OptionalTime = ColumnType<string | null, string | null | undefined, string | null>;
/** jsonb of any JSON value; written as text (json.ts). */
type Json<T> = ColumnType<T, string, string>;
type OptionalJson<T extends object> = ColumnType<T | null, string | null | undefined, string | null>;

/** The tables, as migrations/ makes them. */
export interface Schema {
  apps: {
    name: string;
    definition: JSONColumnType<AppDefinition>;
    revision: number;
    applied_at: Time;
    applied_by: JSONColumnType<Actor>;
  };
  app_revisions: {
    app: string;
    revision: number;
    definition: JSONColumnType<AppDefinition>;
    applied_at: Time;
    applied_by: JSONColumnType<Actor>;
  };
  groups: { id: Generated<number>; env: string; app: string; name: string; released: number | null };
  az_sets: {
    id: Generated<number>;
    group_id: number;
    position: number;
    idc: string;
    az: string;
    cluster: string;
    namespace: string;
    name: string;
    count: number;
  };
  specs: { group_id: number; number: number; content: JSONColumnType<Omit<Spec, 'number'>>; created_at: Time };
  instances: {
    group_id: number;
    index: number;
    name: string;
    az_set_id: number;
    member: string;
    address: string | null;
    uid: string | null;
    seen_at: OptionalTime;
  };
  operations: {
    number: Generated<string>;
    id: string;
    kind: OperationRow['kind'];
    root: string;
    env: string;
    app: string;
    group_name: string | null;
    version: string;
    flavor: Generated<Flavor>;
    corrects: string | null;
    namespace: Generated<string>;
    final: Generated<boolean>;
    workflow_id: string;
    state: Generated<ReleaseState>;
    waiting: Generated<string>;
    trouble: OptionalJson<Trouble>;
    input: Json<unknown>;
    actor: JSONColumnType<Actor>;
    created_at: Time;
    started_at: OptionalTime;
    ended_at: OptionalTime;
  };
  stages: {
    root: string;
    env: string;
    attempt: number;
    pinned: JSONColumnType<Record<string, string>>;
    release: string | null;
    accepted: Generated<boolean>;
    refusal: OptionalJson<Trouble>;
    withdrawn: Generated<boolean>;
    asked_at: Time;
  };
  operation_instances: {
    operation: string;
    name: string;
    index: number;
    idc: string;
    az: string;
    batch: number;
    phase: InstancePhase;
    trouble: OptionalJson<Trouble>;
  };
  fences: {
    env: string;
    app: string;
    group_name: string;
    holder: string | null;
    epoch: number;
    dirty: Generated<boolean>;
    braked: Generated<boolean>;
    changed_at: Time;
  };
  turns: { operation: string; subject: string; activity: number; attempt: number };
  commands: {
    id: string;
    operation: string;
    command: CommandName;
    actor: JSONColumnType<Actor>;
    not_after: string;
    state: Generated<CommandRow['state']>;
    answer: Generated<string>;
    created_at: Time;
    settled_at: OptionalTime;
  };
  events: {
    root: string;
    seq: number;
    operation: string;
    at: Time;
    kind: EventRow['kind'];
    instance: string | null;
    step: string;
    attempt: number;
    outcome: EventRow['outcome'];
    key: string;
    message: string;
    data: unknown;
  };
  disabled_versions: {
    app: string;
    version: string;
    operation: string;
    reason: string;
    actor: JSONColumnType<Actor>;
    disabled_at: Time;
  };
  sync_rules: {
    name: string;
    rule: JSONColumnType<SyncRule>;
    revision: number;
    changed_at: Time;
    changed_by: JSONColumnType<Actor>;
  };
  sync_rule_changes: {
    name: string;
    revision: number;
    before: OptionalJson<SyncRule>;
    after: OptionalJson<SyncRule>;
    changed_at: Time;
    changed_by: JSONColumnType<Actor>;
  };
  syncs: {
    repository: string;
    digest: string;
    registry: string;
    source: string;
    state: SyncState;
    tags: JSONColumnType<Sync['tags']>;
    priority: SyncPriority;
    wanted_by: JSONColumnType<string[]>;
    asked_at: Time;
    not_before: OptionalTime;
    ended_at: OptionalTime;
    report: OptionalJson<CopyReport>;
    trouble: OptionalJson<Trouble>;
  };
  sync_tags: {
    registry: string;
    repository: string;
    tag: string;
    digest: string;
    source: string;
    moved_at: Time;
    deleted_at: OptionalTime;
    deleted_by: string | null;
  };
  comparisons: {
    rule: string;
    comparison: JSONColumnType<Comparison>;
    ended_at: Time;
    drift_since: OptionalTime;
  };
  idempotency_keys: {
    caller: string;
    key: string;
    body_hash: string;
    operation: string;
    response: unknown;
    takers: Generated<number>;
    created_at: Time;
  };
}
