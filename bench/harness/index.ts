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
export interface Figures {
  [name: string]: number | Figures;
}

/** A whole number from 1 that a bench is told on the command line: its default, and what it is. */
export interface Setting {
  default: number;
  description: string;
}

export interface BenchContext extends RunScope {
  /** How often to measure; a bench adds at least one sample a round to each of its series. */
  rounds: number;
  /** The bench's own settings, by their names. */
  settings: Readonly<Record<string, number>>;
  /** A row of the table. `against`: rows measured in the same run that its median is divided by. */
  series: (name: string, unit: string, against?: Series[]) => Series;
  note: (text: string) => void;
}

/** One file of this folder exports this. */
export interface Bench {
  description: string;
  /** Options of its own, by name: `releases` is `--releases <count>`. Another bench takes no notice of them. */
  settings?: Readonly<Record<string, Setting>>;
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
  for (const [name, bench] of Object.entries(benches)) {
    for (const [option, { description, default: standard }] of Object.entries(bench.settings ?? {}))
      command.option(`--${option} <count>`, `of ${name}: ${description}`, Number, standard);
  }
  const run = chooseRun(command, benches, argv, streams);
  if (typeof run === 'number') return run;
  const numbers: Record<string, number> = command.opts();
  const wrong = Object.keys(numbers).find((name) => !Number.isInteger(numbers[name]) || (numbers[name] ?? 0) < 1);
  if (wrong !== undefined) {
    streams.note(`bench: --${wrong} takes a whole number from 1`);
    return EXIT.usage;
  }
  const { rounds = 0, ...settings } = numbers;

  return runInScope(async (scope) => {
    const rows: Series[] = [];
    const figures = await run.chosen.run({
      ...scope,
      rounds,
      settings,
      note: streams.note,
      series(name, unit, against = []) {
        const series = createSeries(name, unit, against);
        rows.push(series);
        return series;
      },
    });
    streams.out(tableOf(rows));
    streams.out(
      JSON.stringify(figures, (_name, value: unknown) => (typeof value === 'number' ? rounded(value) : value)),
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
