// Builds the workflows once for all the workers that fleets start, and start again.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { buildBundle } from '../../src/worker/bundle.ts';

export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'transship-workflows-'));
  const file = path.join(folder, 'workflows.js');
  await writeFile(file, (await buildBundle()).code);
  process.env['TRANSSHIP_WORKFLOW_BUNDLE'] = file;
  return () => rm(folder, { recursive: true });
}
