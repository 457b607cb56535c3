import { Command } from '@commander-js/extra-typings';
import Table from 'cli-table3';
import {
  chooseRun,
  CONSOLE,
  EXIT,
  type Registry,
  runInScope,
  type RunScope,
  type Streams,
} from '../../scripts/named-run.ts';
import { createSeries, ratio, type Series } from './series.ts';

export { ratio, type Series } from './series.ts';

/** The figures of a bench, by stable names: what is compared from run to run. */
export type Figures = Record<string, number>;

export interface BenchContext extends RunScope {
  /** How often to measure; a bench adds at least one sample a round to each of its series. */
  rounds: number;
  /** A row of the table. `against`: rows measured in the same run that its median is divided by. */
  series: (name: string, unit: string, against?: Series[]) => Series;
  note: (text: string) => void;
}

/** One file of this folder exports this. */
export interface Bench {
  description: string;
  run(context: BenchContext): Promise<Figures>;
}

/** `npm run bench -- NAME`: prints the table and, as the last line, one JSON object of the figures. Returns the exit code. */
export async function runBench(
  benches: Registry<Bench>,
  argv: readonly string[],
  streams: Streams = CONSOLE,
): Promise<number> {
  const command = new Command('bench')
    .argument('[name]', 'what to measure')
    .option('--rounds <count>', 'how often to measure; medians are shown', Number, 5);
  const run = chooseRun(command, benches, argv, streams);
  if (typeof run === 'number') return run;
  const { rounds } = command.opts();
  if (!Number.isInteger(rounds) || rounds < 1) {
    streams.note('bench: --rounds takes a whole number from 1');
    return EXIT.usage;
  }

  return runInScope(async (scope) => {
    const rows: Series[] = [];
    const figures = await run.chosen.run({
      ...scope,
      rounds,
      note: streams.note,
      series(name, unit, against = []) {
        const series = createSeries(name, unit, against);
        rows.push(series);
        return series;
      },
    });
    streams.out(tableOf(rows));
    streams.out(
      JSON.stringify(Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, rounded(value)]))),
    );
    return EXIT.ok;
  }, streams);
}

function tableOf(rows: Series[]): string {
  const table = new Table({
    head: ['', 'unit', 'samples', 'median', 'least', 'most', 'median is'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const series of rows) {
    const ratios = series.against.map((other) => `${rounded(ratio(series, other))} × ${other.name}`);
    const values = [series.median(), series.quantile(0), series.quantile(1)].map(rounded);
    table.push([series.name, series.unit, series.samples.length, ...values, ratios.join(', ')]);
  }
  return table.toString();
}

/** Four significant digits: more is noise. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
