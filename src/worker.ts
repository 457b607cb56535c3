import { parseArgs } from 'node:util';
import { runWorkers } from './worker/run.ts';

const HELP = `worker.ts: runs workflows and activities

  worker.ts                 every queue: fine on one machine
  worker.ts --control       workflows and what needs no IDC credential
  worker.ts --idc NAME      activities inside one IDC; holds that IDC's credentials only

  --fleet FILE              fleet file (default: TRANSSHIP_FLEET, else fleet.yml)
  --metrics HOST:PORT       metrics for Prometheus, under /metrics (default: TRANSSHIP_METRICS, else none)

Temporal is set by the standard variables: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS_*, TEMPORAL_PROFILE.
`;

const { values } = parseArgs({
  options: {
    control: { type: 'boolean' },
    idc: { type: 'string', multiple: true },
    fleet: { type: 'string' },
    metrics: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});

if (values.help === true) {
  process.stdout.write(HELP);
} else {
  await runWorkers({
    fleetFile: values.fleet ?? process.env['TRANSSHIP_FLEET'] ?? 'fleet.yml',
    metrics: values.metrics ?? process.env['TRANSSHIP_METRICS'],
    roles:
      values.control === true || values.idc !== undefined
        ? { control: values.control === true, idcs: values.idc ?? [] }
        : 'all',
  });
}
