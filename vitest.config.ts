import { defineConfig } from 'vitest/config';

// "npm test" runs the first four, in this order; "npm run test:real" the last, which needs root:
//   unit      pure, parallel, milliseconds
//   replay    recorded histories of every workflow against today's code
//   contract  one suite per interface, every implementation, on real parts
//   fleet     the whole system on a devfleet
//   real      what needs root to be had: a real kubelet for the sim one's contract, a real HAProxy, distribution 2.8
// The last three start real servers. Of contracts two files run at a time, each with what it needs and no more; of whole
// fleets one: two cores do not hold two of them, and people in a hurry.
// A real system on a busy machine may miss a deadline once; what fails twice in a row is a defect.
const real = {
  testTimeout: 120_000,
  hookTimeout: 300_000,
  retry: 1,
  globalSetup: ['test/support/first-builds.ts'],
};
// No test is about how fast this machine is: limits only end what hangs.
const patient = { testTimeout: 60_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    reporters: [['default', { summary: false }], './scripts/count-reporter.ts'],
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], ...patient } },
      { extends: true, test: { name: 'replay', include: ['test/replay/**/*.test.ts'], ...patient } },
      {
        extends: true,
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          ...real,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'fleet',
          include: ['test/fleet/**/*.test.ts'],
          ...real,
          globalSetup: [...real.globalSetup, 'test/support/workflow-bundle.ts'],
          fileParallelism: false,
        },
      },
      { extends: true, test: { name: 'real', include: ['test/real/**/*.test.ts'], ...real, fileParallelism: false } },
    ],
  },
});
