import { SYNC_BUCKETS, SYNC_GOAL_SECONDS } from '../domain/sync/stats.ts';
import type { components } from '../http/openapi.d.ts';
import { secondsText } from './size.ts';
import { columns } from './table.ts';
import type { Terminal } from './terminal.ts';

type Stats = components['schemas']['SyncStatsList'];
type Registry = components['schemas']['SyncStats'];

const LEVELS = '▁▂▃▄▅▆▇█';

/** A line for each registry that anything went to, with a bar for each bucket of seconds. */
export function statsText(terminal: Terminal, { hours, registries }: Stats): string {
  const shown = registries.filter(({ done, failed, open }) => done + failed + open > 0);
  if (shown.length === 0) return `no image was asked for in the last ${hours} h`;
  const table = columns(
    terminal,
    ['to', 'done', 'failed', 'p50', 'p95', 'p99', 'max', `≤ ${SYNC_GOAL_SECONDS} s`, 'seconds', 'open', 'oldest'],
    shown.map((one) => [
      one.registry,
      String(one.done),
      one.failed === 0 ? '0' : terminal.paint('red', String(one.failed)),
      ...secondsOf(one),
      one.withinGoal === null ? '' : `${percent(one.withinGoal)} %`,
      bars(one),
      String(one.open),
      one.oldestSeconds === null ? '' : secondsText(one.oldestSeconds),
    ]),
  );
  return `${table}\n${terminal.paint('dim', `bars: up to ${SYNC_BUCKETS.join(', ')} s, and longer; the last ${hours} h`)}`;
}

function secondsOf({ seconds }: Registry): string[] {
  if (seconds === null) return ['', '', '', ''];
  return [seconds.p50, seconds.p95, seconds.p99, seconds.max].map(secondsText);
}

/** Not rounded up: 100 % is all of them. */
function percent(share: number): string {
  return (Math.floor(share * 1_000) / 10).toFixed(1);
}

function bars({ histogram }: Registry): string {
  const most = Math.max(1, ...histogram.map(({ count }) => count));
  return histogram
    .map(({ count }) => (count === 0 ? '·' : (LEVELS[Math.ceil((count / most) * LEVELS.length) - 1] ?? '·')))
    .join('');
}
