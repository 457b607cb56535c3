import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { fleetSchema } from '../../src/domain/fleet.ts';
import { openRegistries, type Registries } from '../../src/worker/registries.ts';

const MEGABYTE = 1_000_000;
const idc = (name: string, at: number) => ({
  name,
  azs: ['az-1'],
  registry: { url: `https://registry.${name}.example.com` },
  clusters: [
    { name: `${name}-1`, kind: 'marathon' as const, urls: [`http://127.0.0.${at}:9`], network: 'none', azs: ['az-1'] },
  ],
});
const FLEET = fleetSchema.parse({
  fleet: 'test',
  environments: [{ name: 'pro' }],
  idcs: [idc('north', 1), idc('south', 2)],
  links: [{ from: 'north', to: 'south', bytesPerSecond: 10 * MEGABYTE }],
  catalogue: { url: 'postgres://transship@127.0.0.1/transship' },
});

let opened: Registries | undefined;
afterEach(() => opened?.close());

/** How long a megabyte takes that is read from north, in ms; what may go at once counts for nothing. */
async function megabyteTo(to: string, copiers: () => Promise<number>): Promise<number> {
  const asked = copiers();
  opened = openRegistries(FLEET, ['south'], async () => asked);
  await setImmediate(); // it is told
  const began = performance.now();
  await opened.of(to).pacer('north')?.take(MEGABYTE);
  return performance.now() - began;
}

test('what a link allows is shared by all who copy to the IDC', async () => {
  // 0.1 s of the link go at once; of a fifth of it that is 0.5 s, of which 0.25 s go at once.
  expect(await megabyteTo('south', async () => 5)).toBeGreaterThan(200);
});

test('who cannot ask how many there are takes the link to be its own', async () => {
  const pacer = megabyteTo('south', async () => Promise.reject(new Error('Temporal is away')));
  expect(await pacer).toBeLessThan(200);
});

test('what no link limits is not paced', async () => {
  opened = openRegistries(FLEET, ['north', 'south'], async () => 1);
  expect(opened.of('north').pacer('south')).toBeUndefined();
  expect(opened.of('south').pacer('north')).toBeDefined();
});
