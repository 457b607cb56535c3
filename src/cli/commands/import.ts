import { mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { parseApp } from '../../domain/app.ts';
import { type ErrorPlace, TransshipError } from '../../domain/errors.ts';
import { parseFleet, type Fleet } from '../../domain/fleet.ts';
import { readYaml } from '../../domain/input/document.ts';
import { appText } from '../../domain/marathon/app-text.ts';
import { importApps } from '../../domain/marathon/documents.ts';
import type { ImportOptions } from '../../domain/marathon/job.ts';
import { needsPerson, totalsOf } from '../../domain/marathon/totals.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { Failure } from '../failure.ts';
import { appReport, besideText, type ImportedApp, totalsText } from '../import-text.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { readText } from './fleet.ts';

export interface ImportFlags {
  marathon: string[];
  env?: string | undefined;
  place?: string[] | undefined;
  owner?: string | undefined;
  nodeLabel?: Record<string, string> | undefined;
  fleet?: string | undefined;
  out?: string | undefined;
}

/** Translates Marathon apps to app files, and tells what becomes of each of their fields. Asks no cluster, and changes none. */
export async function importMarathonApps(session: Session, flags: ImportFlags): Promise<ExitCode> {
  const { terminal } = session;
  const fleetFile = flags.fleet ?? terminal.env['TRANSSHIP_FLEET'];
  const fleet = fleetFile === undefined ? null : parseFleet(await readText(fleetFile), terminal.env, fleetFile);
  const options: ImportOptions = {
    environment: flags.env,
    places: (flags.place ?? []).flatMap((words) => placesOf(words, fleet)),
    owner: flags.owner,
    nodeLabels: flags.nodeLabel ?? {},
  };
  const documents = [];
  for (const file of flags.marathon) documents.push(await readDocument(terminal, file));
  const imported = importApps(documents, options);
  if (imported.apps.length === 0 && imported.beside.length === 0)
    throw new Failure(EXIT.usage, 'there is no app in it', {
      next: 'Give what GET /v2/apps answers, or one app of it.',
    });

  const apps = imported.apps.map((translation): ImportedApp => {
    const text = appText(translation);
    return { ...translation, text, faults: fleet === null ? [] : faultsOf(text, translation.id, fleet), file: null };
  });
  if (flags.out !== undefined) await write(flags.out, apps);
  const totals = totalsOf(imported);
  terminal.result({ apps: apps.map(({ text: _text, ...app }) => app), beside: imported.beside, totals });
  for (const app of apps) terminal.say(`${appReport(terminal, app)}\n`);
  for (const one of imported.beside) terminal.say(`${besideText(terminal, one)}\n`);
  terminal.say(totalsText(terminal, totals));
  const isLeft = [...apps, ...imported.beside].some(({ findings }) => needsPerson(findings));
  return isLeft || apps.some(({ faults }) => faults.length > 0) ? EXIT.waiting : EXIT.ok;
}

/** `rack=topology.example.com/rack`, as often as it is given. */
export function nodeLabel(text: string, before: Record<string, string> | undefined): Record<string, string> {
  const [, attribute, label] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (attribute === undefined || label === undefined)
    throw new InvalidArgumentError('ATTRIBUTE=LABEL: rack=topology.example.com/rack.');
  return { ...before, [attribute]: label };
}

/** A cluster and an AZ; with a fleet file also a cluster, or an IDC, with all of its AZs. */
function placesOf(words: string, fleet: Fleet | null): ImportOptions['places'] {
  const [cluster = '', az = '', ...more] = words.split('/');
  if (cluster !== '' && az !== '' && more.length === 0) return [{ cluster, az }];
  if (words.includes('/')) throw new Failure(EXIT.usage, `--place ${words}: CLUSTER/AZ is asked for`);
  if (fleet === null)
    throw new Failure(EXIT.usage, `--place ${words}: its AZs stand in the fleet file`, {
      next: `Name it with --fleet, or write --place ${words}/AZ.`,
    });
  const named = fleet.idcs.flatMap((idc) => idc.clusters.filter(({ name }) => idc.name === words || name === words));
  if (named.length === 0) throw new Failure(EXIT.usage, `--place ${words}: the fleet file has no such IDC or cluster`);
  return named.flatMap(({ name, azs }) => azs.map((one) => ({ cluster: name, az: one })));
}

async function readDocument(terminal: Terminal, file: string): Promise<unknown> {
  const text = file === '-' ? await terminal.input() : await readText(file);
  const { value, syntax } = readYaml(text);
  const [fault] = syntax;
  if (fault !== undefined) {
    const where = `${file === '-' ? 'standard input' : file}, line ${fault.line}, column ${fault.column}`;
    throw new Failure(EXIT.usage, `${where}: ${fault.message}`, { next: 'Give JSON as Marathon answers it.' });
  }
  return value;
}

function faultsOf(text: string, id: string, fleet: Fleet): ErrorPlace[] {
  try {
    parseApp(text, fleet, id);
    return [];
  } catch (error) {
    if (error instanceof TransshipError) return error.places;
    throw error;
  }
}

/** One file for each app; none where one of them is there already. */
async function write(folder: string, apps: ImportedApp[]): Promise<void> {
  const taken = new Map<string, number>();
  for (const app of apps) {
    const count = (taken.get(app.definition.app) ?? 0) + 1;
    taken.set(app.definition.app, count);
    app.file = path.join(folder, `${app.definition.app}${count === 1 ? '' : `.${count}`}.yml`);
  }
  const there = apps.flatMap(({ file }) => (file !== null && existsSync(file) ? [file] : []));
  if (there.length > 0)
    throw new Failure(EXIT.refused, `${there.join(', ')}: there already, and nothing was written`, {
      next: 'Name another folder, or move the files away.',
    });
  await mkdir(folder, { recursive: true });
  for (const { file, text } of apps) if (file !== null) await writeFile(file, text, { flag: 'wx' });
}
