// Brings what the suites start again and again before the first of them begins: the binaries, whose build takes minutes,
// more than any test or hook has (where they are there it takes no time), and the workflows as workers run them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { NEEDED_BINARIES } from '../../devfleet/assemble.ts';
import { resolveBinaries } from '../../devfleet/binaries/resolve.ts';
import { buildBundle } from '../../src/worker/bundle.ts';

export default async function setup(): Promise<undefined | (() => Promise<void>)> {
  await resolveBinaries(NEEDED_BINARIES, (line) => process.stdout.write(`${line}\n`));
  // Another project of this run has built them.
  if (process.env['TRANSSHIP_WORKFLOW_BUNDLE'] !== undefined) return undefined;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'transship-workflows-'));
  const file = path.join(folder, 'workflows.js');
  await writeFile(file, (await buildBundle()).code);
  process.env['TRANSSHIP_WORKFLOW_BUNDLE'] = file;
  return () => rm(folder, { recursive: true });
}
