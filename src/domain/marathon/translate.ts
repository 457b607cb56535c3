import { Part } from '../input/fault.ts';
import { translateCommand } from './command.ts';
import { translateConstraints } from './constraints.ts';
import { type AppFile, Draft } from './draft.ts';
import { translateEnv } from './env.ts';
import { translateFetch } from './fetch.ts';
import { isKnownField } from './fields.ts';
import { translateHealth } from './health.ts';
import { translateImage } from './image.ts';
import type { ImportOptions, Job } from './job.ts';
import { translateLabels } from './labels.ts';
import { type Finding, Ledger } from './ledger.ts';
import { translateLinux } from './linux.ts';
import { nameOf } from './name.ts';
import { translateNetworks } from './networks.ts';
import { translatePlacement } from './placement.ts';
import { translatePorts } from './ports.ts';
import { translateResources } from './resources.ts';
import { translateScheduling } from './scheduling.ts';
import { translateSecrets } from './secrets.ts';
import { translateState } from './state.ts';
import { translateVolumes } from './volumes.ts';

/** A Marathon app in our words. */
export interface Translation {
  /** Absolute id of the Marathon app. */
  id: string;
  definition: AppFile;
  /** Version to release first: the tag that runs on Marathon. Null where its image has none. */
  version: string | null;
  /** One for each field of the input, and for what it lacks. */
  findings: Finding[];
}

/**
 * Translates a Marathon app (`/v2/apps` JSON of any release). Pure; asks nobody. A definition of which nothing needs a person passes the
 * checks of app files in a fleet that has the environment and the places.
 * @param id absolute; an app in a group may have one that is relative
 * @param clash id of another app that has the same name here
 */
export function translateApp(value: unknown, id: string, options: ImportOptions, clash: string | null): Translation {
  const app = new Part(value);
  const naming = nameOf(id, options.places);
  const job: Job = { app, id, options, draft: new Draft(naming.app, naming.group), ledger: new Ledger() };
  const trouble = naming.trouble ?? (clash === null ? null : `${clash} comes to the same name: choose another`);
  const named = ['app', 'groups[0].name'];
  if (trouble === null) job.ledger.translated(app.get('id'), named);
  else job.ledger.person(app.get('id'), 'name', trouble, named);

  translateLabels(job);
  translatePlacement(job);
  const version = translateImage(job);
  translateCommand(job);
  translateNetworks(job);
  const ports = translatePorts(job);
  translateEnv(job, ports);
  translateHealth(job, ports);
  translateResources(job);
  translateVolumes(job);
  translateLinux(job);
  translateConstraints(job);
  translateScheduling(job);
  translateFetch(job);
  translateSecrets(job);
  translateState(job);
  return { id, definition: job.draft.finish(), version, findings: job.ledger.close(app, isKnownField) };
}
