import * as catalogue from './catalogue.ts';
import { runBench } from './harness/index.ts';
import * as release from './release.ts';

process.exitCode = await runBench({ catalogue, release }, process.argv.slice(2));
