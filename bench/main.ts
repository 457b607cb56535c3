import * as catalogue from './catalogue.ts';
import * as commandLatency from './command-latency.ts';
import * as imageCopy from './image-copy.ts';
import { runBench } from './harness/index.ts';
import * as longGroup from './long-group.ts';
import * as marathon from './marathon.ts';
import * as release from './release.ts';
import * as releases from './releases.ts';

process.exitCode = await runBench(
  {
    catalogue,
    'command-latency': commandLatency,
    'image-copy': imageCopy,
    'long-group': longGroup,
    marathon,
    release,
    releases,
  },
  process.argv.slice(2),
);
