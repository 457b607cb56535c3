import { checkImage, checkTags } from './image-copy/check.ts';
import { contenderOf, running, TRANSSHIP, type Contender } from './image-copy/contenders.ts';
import { pushRandomImage, pushTags, type Image } from './image-copy/images.ts';
import { timed, transshipCommand, type Run } from './image-copy/processes.ts';
import { openWorld, type World } from './image-copy/world.ts';
import { type BenchContext, type Figures, type Series } from './harness/index.ts';
import { cpuSeconds, machineSeconds } from './releases/usage.ts';

export const description =
  'copies of images between real registries: Transship, crane, regctl and skopeo; loopback, WAN, nothing to do, replicas, memory';

export const settings = {
  megabytes: { default: 200, description: 'size of the image that is copied over loopback, in 8 layers' },
  tags: { default: 1_000, description: 'tags of which nothing is to be done' },
  memory: { default: 2_000, description: 'megabytes of the layer whose copy shows the memory that it takes' },
};

const MEGABYTE = 1_000_000;
const LAYERS = 8;
/** As images are: most of it in one layer. */
const WAN_LAYERS = [40, 8, 8, 8].map((megabytes) => megabytes * MEGABYTE);
const REPLICAS = 4;
const SMALL = 'bench/small';
/** Copies, and looks at all tags, of the process that runs already, before anything is measured. */
const BEFORE = 10;

/** One case: how a contender is measured, once. @returns the sample */
type Measure = (contender: Contender) => Promise<number>;

export async function run({ rounds, settings: told, resources, series, note, signal }: BenchContext): Promise<Figures> {
  const before = usage();
  const world = await openWorld(REPLICAS, resources, note);
  note(world.skopeo ?? 'skopeo is not installed: it is left out, and the figures say so');
  const { megabytes = 0, tags = 0, memory = 0 } = told;
  const evenly = Array.from({ length: LAYERS }, () => Math.round((megabytes * MEGABYTE) / LAYERS));
  const image = await pushRandomImage(world.source, 'even', evenly);
  const wanImage = await pushRandomImage(world.source, 'uneven', WAN_LAYERS);
  note(`pushing ${tags} small images to both ends`);
  await pushTags([world.source, world.mirror], SMALL, tags);

  const worker = running(resources);
  const transship = [TRANSSHIP, worker];
  const peers = world.peers.map(contenderOf);
  const copied = (what: Image, from: string): Measure => {
    return async (contender) => {
      const [to = ''] = await world.emptied();
      const seconds = await contender.copy(what, from, [to]);
      await checkImage(to, what);
      return seconds;
    };
  };
  const cases: { name: string; unit: string; measure: Measure }[] = [
    { name: 'loopback', unit: 's', measure: copied(image, world.source) },
    { name: 'WAN', unit: 's', measure: copied(wanImage, world.wan) },
    { name: 'nothing to do', unit: 's', measure: (contender) => nothingToDo(world, tags, contender) },
    { name: 'WAN bytes', unit: '× image', measure: (contender) => wanBytes(world, wanImage, contender) },
  ];
  const measured = cases.map(({ name, unit, measure }) => {
    const rowOf = (against: Series[]) => (contender: Contender) => ({
      contender,
      row: series(`${name}: ${contender.name}`, unit, against),
    });
    const others = peers.map(rowOf([]));
    return { measure, peers: others, transship: transship.map(rowOf(others.map(({ row }) => row))) };
  });
  note(`the process that runs already copies ${BEFORE} times: a worker has done so long before`);
  for (let nth = 0; nth < BEFORE && !signal.aborted; nth++) {
    const [to = ''] = await world.emptied();
    await worker.copy(image, world.source, [to]);
    await worker.step(SMALL, world.source, world.mirror);
  }
  for (let round = 0; round < rounds; round++) {
    for (const { measure, ...all } of measured) {
      const each = [...all.transship, ...all.peers];
      // Nobody is always the first one.
      for (const { contender, row } of [...each.slice(round % each.length), ...each.slice(0, round % each.length)]) {
        if (signal.aborted) break;
        row.add(await measure(contender));
        note(`${row.name}: ${row.samples.at(-1)?.toPrecision(4) ?? ''} ${row.unit}`);
      }
    }
  }

  const large = await copiesOfLarge(world, memory, signal);
  const without = world.skopeo === null ? 'WithoutSkopeo' : '';
  const ratios = ['loopback', 'wan', 'noop'].flatMap((name, at) => {
    const { peers: others = [], transship: [own, warm] = [] } = measured[at] ?? {};
    const best = Math.min(...others.map(({ row }) => row.median()));
    return [
      [`${name}VsBest${without}`, best / (own?.row.median() ?? NaN)],
      [`${name}RunningVsBest${without}`, best / (warm?.row.median() ?? NaN)],
    ] as const;
  });
  const replicas = measured.at(-1);
  const now = usage();
  return {
    ...Object.fromEntries(ratios),
    wanBytesPerImage: replicas?.transship[0]?.row.median() ?? NaN,
    wanBytesPerImageBy: Object.fromEntries(
      (replicas?.peers ?? []).map(({ contender, row }) => [contender.name, row.median()]),
    ),
    peakRssMiB: large[TRANSSHIP.name]?.peakMiB ?? NaN,
    peakRssMiBBy: Object.fromEntries(Object.entries(large).map(([name, { peakMiB }]) => [name, peakMiB])),
    largeSecondsBy: Object.fromEntries(Object.entries(large).map(([name, { seconds }]) => [name, seconds])),
    othersCores: (now.others - before.others) / (now.seconds - before.seconds),
  };
}

async function nothingToDo({ source, mirror }: World, tags: number, contender: Contender): Promise<number> {
  const seconds = await contender.step(SMALL, source, mirror);
  const names = Array.from({ length: tags }, (_, at) => `v${at}`);
  await checkTags([source, mirror], SMALL, names);
  return seconds;
}

/** Bytes that came from the source, as a multiple of the image. */
async function wanBytes({ counted, emptied }: World, image: Image, contender: Contender): Promise<number> {
  const to = await emptied(REPLICAS);
  counted.take();
  await contender.copy(image, counted.host, to);
  const bytes = counted.take();
  for (const host of to) await checkImage(host, image);
  return bytes / image.bytes;
}

/** Copies of one layer that is larger than it should ever be, each once: a peak of memory is not a time. */
async function copiesOfLarge(
  { source, emptied, peers }: World,
  megabytes: number,
  signal: AbortSignal,
): Promise<Record<string, Run>> {
  const image = await pushRandomImage(source, 'large', [megabytes * MEGABYTE]);
  const { repository, tag } = image;
  const own = {
    name: TRANSSHIP.name,
    copy: (to: string) => transshipCommand({ source, destinations: [to], repository, tag }),
  };
  const others = peers.map(({ name, copy }) => ({ name, copy: (to: string) => copy(image, source, to) }));
  const runs: Record<string, Run> = {};
  for (const { name, copy } of [own, ...others]) {
    signal.throwIfAborted();
    const [to = ''] = await emptied();
    const run = await timed(copy(to));
    await checkImage(to, image);
    runs[name] = run;
  }
  return runs;
}

/** CPU seconds of others than this process and what it started, and the time, in seconds. */
function usage(): { others: number; seconds: number } {
  return { others: machineSeconds().busy - cpuSeconds(process.pid), seconds: performance.now() / 1_000 };
}
