import * as catalogue from './catalogue.ts';
import { runChaos } from './harness/index.ts';
import * as release from './release.ts';

process.exitCode = await runChaos({ catalogue, release }, process.argv.slice(2));
