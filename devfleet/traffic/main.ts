// The traffic client's process: node devfleet/traffic/main.ts --url URL --rate N [--seconds N] [--timeout MS] [--json]
// Ends after --seconds, or at SIGTERM or Ctrl-C, with its report: a line for people on a terminal, else (or with --json)
// one JSON object. Exit code 1 when a request failed. Forked by startTraffic it also reports ten times a second.
import { parseArgs } from 'node:util';
import { TrafficGenerator } from './generator.ts';
import { reportLine } from './report.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string' },
    timeout: { type: 'string', default: '5000' },
    json: { type: 'boolean', default: false },
  },
});
const rate = Number(values.rate);
if (values.url === undefined || !URL.canParse(values.url) || !(rate > 0)) {
  process.stderr.write('usage: traffic --url URL [--rate PER_SECOND] [--seconds N] [--timeout MS] [--json]\n');
  process.exit(2);
}
const json = values.json || !process.stdout.isTTY;
const traffic = new TrafficGenerator({ url: values.url, rate, timeoutMs: Number(values.timeout) });

const live = setInterval(() => {
  if (!json) process.stdout.write(`\r\u001b[K${reportLine(traffic.report())}`);
  process.send?.(traffic.report());
}, 100);

let ending = false;
const end = async () => {
  if (ending) return;
  ending = true;
  const report = await traffic.stop();
  clearInterval(live);
  if (process.send !== undefined) {
    process.send(report);
    process.disconnect();
  } else if (json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } else {
    process.stdout.write(`\r\u001b[K${reportLine(report)}\n`);
    for (const { at, error, latencyMs } of report.firstFailures) {
      process.stdout.write(`  ${at}  ${error}  after ${latencyMs.toFixed(0)} ms\n`);
    }
  }
  process.exitCode = report.failures > 0 ? 1 : 0;
};
process.on('SIGTERM', () => void end());
process.on('SIGINT', () => void end());
// The process that forked this one is gone.
process.on('disconnect', () => {
  if (!ending) process.exit(1);
});
if (values.seconds !== undefined) setTimeout(() => void end(), Number(values.seconds) * 1000);
