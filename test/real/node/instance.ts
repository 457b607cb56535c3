import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeLayer } from '../../../devfleet/images/layer.ts';
import type { Layer } from '../../../devfleet/images/layer.ts';

/** Builds the program of test instances (instance.go) into a layer that holds it as `/app/start`. */
export async function buildInstance(folder: string): Promise<Layer> {
  const out = join(folder, 'instance');
  const source = fileURLToPath(new URL('instance.go', import.meta.url));
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', GO111MODULE: 'off' };
  await promisify(execFile)('go', ['build', '-ldflags', '-s -w', '-o', out, source], { env });
  return makeLayer('app/start', await readFile(out));
}
