import { absolutePath } from '../paths.ts';
import { settled, withDefaults } from './defaults.ts';
import { readApp, readUpdate } from './read.ts';
import { showApp } from './show.ts';
import type { App, AppSpec } from './types.ts';
import { validateDeprecated } from './validate-deprecated.ts';
import { validate } from './validate.ts';
import { withoutDeprecated } from './deprecated.ts';
import { Violations } from './violations.ts';
import type { RawUpdate } from './schema.ts';

/** A new app, or one that replaces another whole. @throws Refusal 422, or 500 for what validation lets through */
export function define(json: unknown): AppSpec {
  const raw = readApp(json);
  validateDeprecated(raw);
  const app = withDefaults(raw);
  validate(app);
  return settled(app);
}

/** A change of one app. `version` alone asks for the app as it was then. */
export interface Update {
  version: string | null;
  /** The app after the change. @throws Refusal 422 */
  apply(current: App): AppSpec;
}

/** @throws Refusal 422 */
export function defineUpdate(json: unknown): Update & { id: string | null } {
  const raw = withoutDeprecated(readUpdate(json));
  const changes = Object.entries(raw).filter(([key, value]) => {
    return value !== null && value !== undefined && key !== 'version' && key !== 'id';
  });
  if (typeof raw.version === 'string' && changes.length > 0) {
    const found = new Violations();
    found.add('/', "The 'version' field may only be combined with the 'id' field.");
    found.throwIfAny();
  }
  return {
    id: typeof raw.id === 'string' ? absolutePath(raw.id) : null,
    version: raw.version ?? null,
    apply: (current) => merge(current, raw),
  };
}

/**
 * Field by field, each whole (AppConversion.appUpdateRamlReader): a new `labels` has none of the old ones. Then all of it
 * is read again as a new app is, so that fields that no longer fit together are refused.
 */
function merge(current: App, update: RawUpdate): AppSpec {
  const merged: Record<string, unknown> = { ...showApp(current) };
  for (const [key, value] of Object.entries(update)) if (value !== null && value !== undefined) merged[key] = value;
  // From one kind of network to the other: port definitions belong to the host's only.
  if (update.networks && !update.portDefinitions && update.networks.some(({ mode }) => mode !== 'host')) {
    delete merged['portDefinitions'];
  }
  return define({ ...merged, id: current.id });
}
