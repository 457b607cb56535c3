import path from 'node:path';
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
import { type Case, type CaseFigures, type RunCase, runCases, type Shard } from './cases.ts';

export { type Case, type CaseContext, PassedBy } from './cases.ts';

/** Share of all cases that may pass by what was to break; with more of them a run shows nothing. */
const PASSED_BY_SHARE = 0.05;

export interface ChaosContext extends RunScope {
  /** Of the whole run: `--seed`. */
  seed: number;
  /** Cases at once: `--parallel`. */
  parallel: number;
  /** Also what takes too long for every commit: `--all`. */
  all: boolean;
  /** Was the scenario asked for by `--scenario`? All are where nothing is asked for. */
  wants: (scenario: string) => boolean;
  note: (text: string) => void;
  /**
   * Runs cases, those of scenarios that were asked for, and counts them. May be called several times.
   * @param secondsEach time that a case has; one that takes longer is a violation
   */
  cases: <C extends Case>(all: readonly C[], run: RunCase<C>, secondsEach: number) => Promise<void>;
}

/** One file of this folder exports this. */
export interface Chaos {
  description: string;
  run(context: ChaosContext): Promise<void>;
}

/**
 * `npm run chaos -- NAME`: prints every violation with the case's key, seed and history file, a table of the scenarios
 * and, as the last line, `{"cases":N,"violations":N}`. Returns the exit code: 1 when something was violated, or nothing
 * was run at all.
 */
export async function runChaos(
  runs: Registry<Chaos>,
  argv: readonly string[],
  streams: Streams = CONSOLE,
): Promise<number> {
  const command = new Command('chaos')
    .argument('[name]', 'what to break')
    .option('--seed <number>', 'repeats the random choices of an earlier run; default: a new one', Number)
    .option('--case <text>', 'only cases whose key contains this', '')
    .option('--scenario <text>', 'only scenarios whose name contains this', '')
    .option('--all', 'also what takes too long for every commit', false)
    .option('--shard <k/n>', 'only the kth of n parts, which together are all cases', '1/1')
    .option('--parallel <count>', 'cases at once', Number, 4)
    .option('--out <folder>', 'where history files go', path.join('.transship', 'chaos'));
  const choice = chooseRun(command, runs, argv, streams);
  if (typeof choice === 'number') return choice;
  const { seed = randomSeed(), case: only, scenario: asked, all: everything, parallel, out: folder } = command.opts();
  if (!Number.isSafeInteger(seed) || !Number.isInteger(parallel) || parallel < 1) {
    streams.note('chaos: --seed takes a whole number, --parallel one from 1');
    return EXIT.usage;
  }
  const shard = shardOf(command.opts().shard);
  if (shard === null) {
    streams.note('chaos: --shard takes a part and how many there are, such as 2/4');
    return EXIT.usage;
  }
  const { name, chosen } = choice;

  return runInScope(async (scope) => {
    streams.note(`chaos ${name}: seed ${seed}`);
    const scenarios = new Map<string, CaseFigures>();
    const wants = (scenario: string): boolean => scenario.includes(asked);
    await chosen.run({
      ...scope,
      ...{ seed, parallel, all: everything, wants, note: streams.note },
      async cases(all, run, secondsEach) {
        const wanted = all.filter(({ scenario }) => wants(scenario));
        const figures = await runCases(wanted, run, secondsEach, {
          ...{ seed, parallel, only, shard, signal: scope.signal },
          folder: path.join(folder, name),
          again: ({ scenario, key }) =>
            `npm run chaos -- ${name} --seed ${seed} --all --scenario '${scenario}' --case '${key}'`,
          ...streams,
        });
        for (const [scenario, more] of figures)
          scenarios.set(scenario, total([scenarios.get(scenario), more].filter((sum) => sum !== undefined)));
      },
    });
    const sum = total([...scenarios.values()]);
    streams.out(tableOf(scenarios));
    if (sum.passedBy > (sum.cases + sum.passedBy) * PASSED_BY_SHARE) {
      streams.out(`VIOLATION ${sum.passedBy} cases never came to what was to break, of ${sum.cases + sum.passedBy}`);
      sum.violations++;
    }
    if (sum.cases === 0) streams.note(`chaos ${name}: no case ${only === '' ? 'was run' : `has "${only}" in its key`}`);
    streams.out(JSON.stringify({ cases: sum.cases, violations: sum.violations }));
    return sum.violations === 0 && sum.cases > 0 ? EXIT.ok : EXIT.failed;
  }, streams);
}

function shardOf(text: string): Shard | null {
  const [, part = 0, of = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  return part >= 1 && part <= of ? { part, of } : null;
}

function total(all: CaseFigures[]): CaseFigures {
  return {
    cases: all.reduce((sum, { cases }) => sum + cases, 0),
    violations: all.reduce((sum, { violations }) => sum + violations, 0),
    passedBy: all.reduce((sum, { passedBy }) => sum + passedBy, 0),
  };
}

function tableOf(scenarios: Map<string, CaseFigures>): string {
  const table = new Table({
    head: ['scenario', 'cases', 'violations', 'passed by'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const [scenario, { cases, violations, passedBy }] of scenarios)
    table.push([scenario, cases, violations, passedBy]);
  return table.toString();
}

function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
