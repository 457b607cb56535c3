import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { caseSeed, randomFrom } from './random.ts';

/** One way in which something is broken. */
export interface Case {
  /** What it is counted under. */
  scenario: string;
  /** Unique in the run. */
  key: string;
  /** Others are made of what it shows: it runs whatever `--case` says. */
  needed?: boolean;
}

/** What a case gets. */
export interface CaseContext {
  key: string;
  seed: number;
  /** Numbers from 0 to below 1, by the seed. */
  random: () => number;
  /** Aborted when the case has run out of time, and by Ctrl-C. */
  signal: AbortSignal;
  /** Keeps what a person will want to see if the case fails (a workflow's history, a host's journal), by name. */
  record: (name: string, value: unknown) => void;
}

/** One of so many parts of a run, counted from 1, that together are all of it. */
export interface Shard {
  part: number;
  of: number;
}

/** By the key, not by the place: two runs do not come by all points in the same order. */
function isIn({ part, of }: Shard, key: string): boolean {
  return caseSeed(0, key) % of === part - 1;
}

/**
 * Thrown by a case whose run was as it should be and never came to what was to break: how often a change is sent, say, is
 * not the same in every run. It is run again; in vain, it is no case.
 */
export class PassedBy extends Error {
  override readonly name = 'PassedBy';
}

/** Runs before a case is taken for one that does not come by there any more. */
const ATTEMPTS = 3;

/** Runs one case and judges it: one line per violation. An error counts as a violation, but for {@link PassedBy}. */
export type RunCase<C> = (one: C, context: CaseContext) => Promise<string[]>;

export interface CaseOptions {
  seed: number;
  /** Cases at once. */
  parallel: number;
  /** Only cases whose key contains this. */
  only: string;
  /** Only those of this part of all. */
  shard: Shard;
  /** Folder of history files. */
  folder: string;
  /** What repeats one case, put together by the caller. */
  again: (one: Case) => string;
  signal: AbortSignal;
  out: (text: string) => void;
  note: (text: string) => void;
}

export interface CaseFigures {
  /** Those in which something did break. */
  cases: number;
  violations: number;
  /** Those that never came to what was to break. */
  passedBy: number;
}

interface Judgement {
  violations: string[];
  history: Record<string, unknown>;
  passedBy: boolean;
}

/**
 * Runs the cases, some at once, each within its time; prints every violation with what it takes to repeat it.
 * @returns scenario → figures
 */
export async function runCases<C extends Case>(
  all: readonly C[],
  run: RunCase<C>,
  secondsEach: number,
  options: CaseOptions,
): Promise<Map<string, CaseFigures>> {
  const cases = all.filter(
    ({ key, needed = false }) => needed || (key.includes(options.only) && isIn(options.shard, key)),
  );
  const figures = new Map<string, CaseFigures>();
  let [next, done] = [0, 0];
  const work = async (): Promise<void> => {
    for (let one = cases[next++]; one !== undefined && !options.signal.aborted; one = cases[next++]) {
      const began = performance.now();
      const { violations, history, passedBy } = await judgeSoon(one, run, secondsEach, options);
      const sum = figures.get(one.scenario) ?? { cases: 0, violations: 0, passedBy: 0 };
      figures.set(one.scenario, {
        cases: sum.cases + (passedBy ? 0 : 1),
        violations: sum.violations + violations.length,
        passedBy: sum.passedBy + (passedBy ? 1 : 0),
      });
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      const well = passedBy ? `passed by in ${ATTEMPTS} runs` : 'ok';
      const verdict = violations.length === 0 ? well : `${violations.length} violated`;
      options.note(`[${++done}/${cases.length}] ${one.key}: ${verdict}, ${seconds} s`);
      if (violations.length > 0) await report(one, violations, history, options);
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, work));
  return figures;
}

/** Runs the case until it comes to what is to break. */
async function judgeSoon<C extends Case>(
  one: C,
  run: RunCase<C>,
  secondsEach: number,
  options: CaseOptions,
): Promise<Judgement> {
  for (let attempt = 1; ; attempt++) {
    const judgement = await judge(one, run, secondsEach, options);
    if (!judgement.passedBy || attempt === ATTEMPTS) return judgement;
  }
}

async function judge<C extends Case>(
  one: C,
  run: RunCase<C>,
  secondsEach: number,
  { seed: runSeed, signal: interrupted }: CaseOptions,
): Promise<Judgement> {
  const seed = caseSeed(runSeed, one.key);
  const history: Record<string, unknown> = { key: one.key, seed };
  const late = new AbortController();
  const signal = AbortSignal.any([late.signal, interrupted]);
  const deadline = setTimeout(
    () => late.abort(new Error(`the case did not end within ${secondsEach} s`)),
    secondsEach * 1000,
  );
  const overdue = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
  const record = (name: string, value: unknown): void => void (history[name] = value);
  try {
    const running = run(one, { key: one.key, seed, random: randomFrom(seed), signal, record });
    return { violations: await Promise.race([running, overdue]), history, passedBy: false };
  } catch (error) {
    if (error instanceof PassedBy) return { violations: [], history, passedBy: true };
    history['error'] = error instanceof Error ? error.stack : String(error);
    return {
      violations: [`error: ${error instanceof Error ? error.message : String(error)}`],
      history,
      passedBy: false,
    };
  } finally {
    clearTimeout(deadline);
  }
}

async function report(
  one: Case,
  violations: string[],
  history: Record<string, unknown>,
  { folder, again, seed, out }: CaseOptions,
): Promise<void> {
  const { key } = one;
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, `${key.replaceAll(/[^\w.-]+/g, '_')}.json`);
  await writeFile(file, JSON.stringify({ ...history, violations }, null, 2));
  out(
    [
      `VIOLATION ${key}`,
      ...violations.map((line) => `  ${line}`),
      `  seed ${seed}, history ${file}`,
      `  again: ${again(one)}`,
    ].join('\n'),
  );
}
