import * as catalogue from './catalogue.ts';
import { runChaos } from './harness/index.ts';
import * as marathon from './marathon.ts';
import * as sync from './sync.ts';
import * as release from './release.ts';

process.exitCode = await runChaos({ catalogue, marathon, release, sync }, process.argv.slice(2));
