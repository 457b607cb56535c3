import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, ratio, runBench } from '../../bench/harness/index.ts';
import { type Chaos, PassedBy, runChaos } from '../../chaos/harness/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'transship-harness-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Takes what a run prints. */
function capture(): { out: (text: string) => void; note: (text: string) => void; printed: string[]; noted: string[] } {
  const [printed, noted]: [string[], string[]] = [[], []];
  return { out: (text) => void printed.push(text), note: (text) => void noted.push(text), printed, noted };
}

const copy: Bench = {
  description: 'copies a box',
  async run({ rounds, series }) {
    const floor = series('floor', 's');
    const ours = series('ours', 's', [floor]);
    for (let round = 0; round < rounds; round++) {
      floor.add(2);
      ours.add(3 + round);
    }
    return { seconds: ours.median(), ratioToFloor: ratio(ours, floor) / 3 };
  },
};

test('a bench ends with its figures, under a table of medians and ratios', async () => {
  const streams = capture();
  expect(await runBench({ copy }, ['copy', '--rounds', '3'], streams)).toBe(0);
  expect(streams.printed.at(-1)).toBe('{"seconds":4,"ratioToFloor":0.6667}');
  expect(streams.printed.join('\n')).toMatch(/ours +│ s +│ +3 │ +4 │ +3 │ +5 │ 2 × floor/);
});

test('a bench has settings of its own, and figures within figures', async () => {
  const streams = capture();
  const told: Bench = {
    description: 'is told',
    settings: { releases: { default: 300, description: 'how many' }, apps: { default: 4, description: 'of how many' } },
    run: async ({ settings }) => ({ by: { ...settings, third: 1 / 3 } }),
  };
  expect(await runBench({ told, copy }, ['told', '--releases', '7'], streams)).toBe(0);
  expect(streams.printed.at(-1)).toBe('{"by":{"releases":7,"apps":4,"third":0.3333}}');
  expect(await runBench({ told }, ['told', '--apps', '0'], streams)).toBe(2);
  expect(streams.noted.at(-1)).toBe('bench: --apps takes a whole number from 1');
});

test.each([
  [[], 2, /name one of\n {2}copy {2}copies a box/],
  [['nothing'], 2, /there is no "nothing"; there are\n {2}copy/],
  [['toString'], 2, /there is no "toString"/],
  [['copy', '--bar'], 2, /unknown option '--bar'/],
  [['copy', '--rounds', 'x'], 2, /--rounds takes a whole number/],
])('bench %j exits with %i', async (argv, code, text) => {
  const streams = capture();
  expect(await runBench({ copy }, argv, streams)).toBe(code);
  expect(streams.noted.join('\n')).toMatch(text);
  expect(streams.printed).toEqual([]);
});

test('a bench that throws, or measured nothing, fails; what it held is released, newest first', async () => {
  const streams = capture();
  const released: string[] = [];
  const broken: Bench = {
    description: 'breaks',
    async run({ resources }) {
      resources.defer(() => void released.push('server'));
      resources.defer(() => void released.push('client'));
      throw new Error('no server');
    },
  };
  expect(await runBench({ broken }, ['broken'], streams)).toBe(1);
  expect(released).toEqual(['client', 'server']);
  expect(streams.noted.join()).toContain('no server');

  const idle: Bench = {
    description: 'idles',
    run: async ({ series }) => ({ median: series('nothing', 's').median() }),
  };
  expect(await runBench({ idle }, ['idle'], streams)).toBe(1);
  expect(streams.noted.join()).toContain('nothing was measured for "nothing"');
});

test('Ctrl-C ends a run and releases what it held', async () => {
  const streams = capture();
  let released = false;
  const endless: Bench = {
    description: 'never ends',
    async run({ resources, signal }) {
      resources.defer(() => {
        released = true;
      });
      setTimeout(() => process.emit('SIGINT'), 20);
      await sleep(60_000, undefined, { signal });
      return {};
    },
  };
  expect(await runBench({ endless }, ['endless'], streams)).toBe(130);
  expect(released).toBe(true);
});

const judged: Chaos = {
  description: 'breaks things',
  async run({ cases }) {
    const all = ['good:before', 'bad:after', 'thrown', 'slow'].map((key) => ({ scenario: 'first', key }));
    await cases(
      all,
      async ({ key }, { random, record, signal }) => {
        record('drawn', [random(), random()]);
        if (key === 'slow') await sleep(60_000, undefined, { signal });
        if (key === 'thrown') throw new Error('lost');
        return key === 'bad:after' ? ['started twice', 'two holders'] : [];
      },
      0.05,
    );
    await cases([{ scenario: 'second', key: 'good:too' }], async () => [], 1);
  },
};

test('chaos prints each violation with key, seed and history file, and counts them in its last line', async () => {
  const streams = capture();
  expect(await runChaos({ judged }, ['judged', '--seed', '7', '--out', folder], streams)).toBe(1);
  expect(streams.printed.at(-1)).toBe('{"cases":5,"violations":4}');
  const text = streams.printed.join('\n');
  const file = path.join(folder, 'judged', 'bad_after.json');
  expect(text).toContain(`VIOLATION bad:after\n  started twice\n  two holders\n  seed 7, history ${file}\n`);
  expect(text).toContain(`again: npm run chaos -- judged --seed 7 --all --scenario 'first' --case 'bad:after'`);
  expect(text).toContain('VIOLATION thrown\n  error: lost');
  expect(text).toContain('VIOLATION slow\n  error: the case did not end within 0.05 s');
  expect(text).toMatch(/first +│ +4 │ +4 │/);

  const history = async (): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'));
  const first = await history();
  expect(first).toMatchObject({ key: 'bad:after', violations: ['started twice', 'two holders'] });
  await runChaos({ judged }, ['judged', '--seed', '7', '--case', 'bad', '--out', folder], capture());
  expect(await history()).toEqual(first);
  await runChaos({ judged }, ['judged', '--seed', '8', '--case', 'bad', '--out', folder], capture());
  expect(await history()).not.toEqual(first);
});

test('chaos runs only the scenarios that were asked for', async () => {
  const streams = capture();
  expect(await runChaos({ judged }, ['judged', '--scenario', 'sec', '--out', folder], streams)).toBe(0);
  expect(streams.printed.at(-1)).toBe('{"cases":1,"violations":0}');
});

test('chaos sums up scenarios that ran side by side; what others need runs whatever case was asked for', async () => {
  const mixed: Chaos = {
    description: 'breaks things side by side',
    async run({ cases }) {
      const all = [
        { scenario: 'first', key: 'first/no fault', needed: true },
        { scenario: 'second', key: 'second/bad' },
        { scenario: 'first', key: 'first/bad' },
      ];
      await cases(all, async ({ key }) => (key.endsWith('bad') ? ['lost'] : []), 1);
      await cases([{ scenario: 'second', key: 'second/bad too' }], async () => [], 1);
    },
  };
  const streams = capture();
  await runChaos({ mixed }, ['mixed', '--out', folder], streams);
  expect(streams.printed.at(-1)).toBe('{"cases":4,"violations":2}');
  expect(streams.printed.join('\n')).toMatch(/first +│ +2 │ +1 │/);
  expect(streams.printed.join('\n')).toMatch(/second +│ +2 │ +1 │/);
  const narrow = capture();
  await runChaos({ mixed }, ['mixed', '--case', 'second/bad too', '--out', folder], narrow);
  expect(narrow.printed.at(-1)).toBe('{"cases":2,"violations":0}');
});

test('a chaos case that does not come to its fault is run again; in vain, it is none; many of them are a violation', async () => {
  const runs = new Map<string, number>();
  const passing = (late: number): Chaos => ({
    description: 'breaks what is not always there',
    async run({ cases }) {
      const all = Array.from({ length: 40 }, (_, at) => ({ scenario: 'one', key: `case ${at}` }));
      await cases(
        all,
        async ({ key }) => {
          const nth = (runs.get(key) ?? 0) + 1;
          runs.set(key, nth);
          if (key === 'case 0' && nth < 3) throw new PassedBy('not this time');
          if (Number(key.split(' ')[1]) > 39 - late) throw new PassedBy('not in this run');
          return [];
        },
        1,
      );
    },
  });
  const streams = capture();
  expect(await runChaos({ passing: passing(2) }, ['passing', '--out', folder], streams)).toBe(0);
  expect(runs.get('case 0')).toBe(3);
  expect(streams.printed.at(-1)).toBe('{"cases":38,"violations":0}');
  expect(streams.printed.join('\n')).toMatch(/one +│ +38 │ +0 │ +2 │/);
  expect(streams.noted.join('\n')).toContain('case 39: passed by in 3 runs');

  const idle = capture();
  expect(await runChaos({ passing: passing(3) }, ['passing', '--out', folder], idle)).toBe(1);
  expect(idle.printed.at(-1)).toBe('{"cases":37,"violations":1}');
  expect(idle.printed.join('\n')).toContain('VIOLATION 3 cases never came to what was to break, of 40');
});

test('the shards of a chaos run are all of its cases, each once; what others need is in each', async () => {
  const keys = Array.from({ length: 20 }, (_, at) => `case ${at}`);
  const ran: string[] = [];
  const many: Chaos = {
    description: 'breaks many things',
    async run({ cases }) {
      const all = [
        { scenario: 'one', key: 'no fault', needed: true },
        ...keys.map((key) => ({ scenario: 'one', key })),
      ];
      await cases(all, async ({ key }) => (ran.push(key), []), 1);
    },
  };
  for (const part of [1, 2, 3])
    expect(await runChaos({ many }, ['many', '--shard', `${part}/3`, '--out', folder], capture())).toBe(0);
  expect(ran.filter((key) => key === 'no fault')).toHaveLength(3);
  expect(ran.filter((key) => key !== 'no fault').sort()).toEqual(keys.toSorted());
  for (const wrong of ['0/3', '4/3', '1', 'a/b', '-1/3'])
    expect(await runChaos({ many }, ['many', '--shard', wrong], capture())).toBe(2);
});

test('chaos without a violation exits with 0; without a case it proves nothing and fails', async () => {
  const streams = capture();
  expect(await runChaos({ judged }, ['judged', '--case', 'good', '--out', folder], streams)).toBe(0);
  expect(streams.printed.at(-1)).toBe('{"cases":2,"violations":0}');
  expect(await runChaos({ judged }, ['judged', '--case', 'no such key', '--out', folder], streams)).toBe(1);
  expect(streams.printed.at(-1)).toBe('{"cases":0,"violations":0}');
  expect(await runChaos({ judged }, ['judged', '--parallel', '0'], streams)).toBe(2);
});
