import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Lines of an error that say what went wrong; the whole of it, with its stack, stands where the test ran. */
const FIRST_LINES = 6;

/**
 * Ends a test run with one paragraph `failed: …` for each failure, a line `second try: …` for each test that passed only
 * when tried again, and the line `N passed, N failed` (`, N skipped` where there are any), which CI reads.
 * A file that fails to load, or a hook that throws, counts as one failure: it is not a run that passed.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    let passed = 0;
    let skipped = 0;
    const failures = unhandled.map((error) => told('outside of any test', [error]));
    const again: string[] = [];
    for (const module of modules) {
      const file = `${module.project.name}: ${module.relativeModuleId}`;
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        const name = `${file} > ${test.fullName}`;
        if (state === 'passed') passed++;
        else if (state === 'failed') failedHere++;
        else skipped++;
        if (state === 'failed') failures.push(told(name, errors));
        else if (test.diagnostic()?.flaky === true) again.push(told(name, errors ?? []));
      }
      if (failedHere > 0 || module.state() !== 'failed') continue;
      const suites = [...module.children.allSuites()].flatMap((suite) => suite.errors());
      failures.push(told(file, [...module.errors(), ...suites]));
    }
    const lines = [
      ...again.map((one) => `second try: ${one}`),
      ...failures.map((one) => `failed: ${one}`),
      `${passed} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    ];
    process.stdout.write(`\n${lines.join('\n')}\n`);
  }
}

/** What failed and why, all but its first line indented. */
function told(what: string, errors: readonly SerializedError[]): string {
  const lines = errors.flatMap(({ message }) => message.split('\n').slice(0, FIRST_LINES));
  return [what, ...lines.map((line) => `    ${line}`)].join('\n');
}
