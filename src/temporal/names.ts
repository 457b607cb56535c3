import { defineSearchAttributeKey } from '@temporalio/common';
import type { GroupRef } from '../domain/types.ts';

/** Namespace that Transship lives in. */
export const NAMESPACE = 'transship';

/** Queue of workflows and of activities that need no IDC credential. */
export const CONTROL_QUEUE = 'control';

/** Queue of activities that act inside one IDC. */
export function idcQueue(idc: string): string {
  return `idc-${idc}`;
}

/** Queue of copies of images into the registries of an IDC: apart, so that a mirror takes no room from a release's steps. */
export function imageQueue(idc: string): string {
  return `images-${idc}`;
}

/** One live operation per group, whatever its type: the id admits. */
export function groupWorkflowId({ env, app, group }: GroupRef): string {
  return `group/${env}/${app}/${group}`;
}

export function releaseWorkflowId(operation: string): string {
  return `release/${operation}`;
}

/** Read-only planning runs; any number at once. */
export function planWorkflowId(id: string): string {
  return `plan/${id}`;
}

/** One for each image, whoever wants it and wherever. */
export function syncWorkflowId(repository: string, digest: string): string {
  return `sync/${repository}@${digest}`;
}

/** Ids of the comparisons of registries, and of their schedules, begin with this. */
export const RECONCILE_PREFIX = 'reconcile/';

/** One for each rule and interval: a rule with another interval gets another schedule. */
export function reconcileScheduleId(rule: string, every: string): string {
  return `${RECONCILE_PREFIX}${rule}/${every}`;
}

/** A comparison that somebody asked for, by its id; or of one repository, by its name. */
export function comparisonWorkflowId(rule: string, what: string): string {
  return `${RECONCILE_PREFIX}${rule}/${what}`;
}

/** One for each manifest that may be attached to an image. */
export function attachedWorkflowId(repository: string, digest: string): string {
  return `attached/${repository}@${digest}`;
}

/** Workflow types, by the names they are exported under. */
export const WORKFLOWS = {
  releaseApp: 'releaseApp',
  releaseGroup: 'releaseGroup',
  planRelease: 'planRelease',
  lookAtImages: 'lookAtImages',
  connectRegistries: 'connectRegistries',
  syncImage: 'syncImage',
  reconcileRule: 'reconcileRule',
  bringAttached: 'bringAttached',
} as const;

/** The commands of an operation, as a signal that people send from the Temporal UI. */
export const COMMAND_SIGNAL = 'command-signal';

/** Search attributes: filters for people. Nothing is decided from them. SQL visibility holds 10 Keywords, 3 lists. */
export const SEARCH = {
  App: defineSearchAttributeKey('App', 'KEYWORD'),
  Env: defineSearchAttributeKey('Env', 'KEYWORD'),
  Group: defineSearchAttributeKey('Group', 'KEYWORD'),
  State: defineSearchAttributeKey('State', 'KEYWORD'),
  /** Why a person should look: `braked`, `failed`, `waiting`, `undo-stuck`, or `none`. */
  Attention: defineSearchAttributeKey('Attention', 'KEYWORD'),
  /** Repository of an image. */
  Image: defineSearchAttributeKey('Image', 'KEYWORD'),
  Idc: defineSearchAttributeKey('Idc', 'KEYWORD_LIST'),
} as const;
