import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Attempts } from '../../../src/registry/back-off.ts';
import { RegistryError } from '../../../src/registry/errors.ts';
import { Flights, type Land } from '../../../src/registry/flights.ts';
import { Pacer } from '../../../src/registry/pacer.ts';
import { Semaphore } from '../../../src/registry/semaphore.ts';

test('a semaphore serves in the order of asking, and what is too large when all is free', async () => {
  const semaphore = new Semaphore(10);
  const order: string[] = [];
  const first = await semaphore.acquire(4);
  const take = async (name: string, units: number): Promise<(units?: number) => void> => {
    const release = await semaphore.acquire(units);
    order.push(name);
    return release;
  };
  const large = take('large', 100);
  const small = take('small', 1);
  await turn();
  first(1);
  await turn();
  expect(order).toEqual([]); // the small one would fit, and does not overtake
  first();
  const release = await large;
  expect(order).toEqual(['large']);
  release();
  release(); // what was given back is not given back again
  await small;
  const rest = await semaphore.acquire(9);
  const full = take('full', 1);
  await turn();
  expect(order).toEqual(['large', 'small']);
  rest();
  await full;
});

test('who no longer waits does not hold those behind', async () => {
  const semaphore = new Semaphore(2);
  const first = await semaphore.acquire(1);
  const abort = new AbortController();
  const large = semaphore.acquire(2, abort.signal);
  const small = semaphore.acquire(1);
  abort.abort(new Error('enough'));
  await expect(large).rejects.toThrow('enough');
  await small;
  first();
  await expect(semaphore.acquire(1, abort.signal)).rejects.toThrow('enough');
});

test('a pacer lets go a burst, then its rate; the rate may change', async () => {
  const pacer = new Pacer(1000);
  const begun = performance.now();
  await pacer.take(250);
  await pacer.take(300);
  expect(performance.now() - begun).toBeGreaterThan(250);
  expect(performance.now() - begun).toBeLessThan(550); // without the burst
  pacer.perSecond = Infinity;
  const free = performance.now();
  await pacer.take(1_000_000);
  expect(performance.now() - free).toBeLessThan(100);
  pacer.perSecond = 1;
  await expect(pacer.take(100, AbortSignal.timeout(20))).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('attempts: only what may pass, only so often, anew after progress', async () => {
  const busy = new RegistryError('REGISTRY_BUSY', 'busy');
  const attempts = new Attempts({ attempts: 3, baseMs: 1 });
  await attempts.next(busy);
  await attempts.next(busy);
  attempts.reset();
  await attempts.next(busy);
  await attempts.next(busy);
  await expect(attempts.next(busy)).rejects.toBe(busy);
  const denied = new RegistryError('REGISTRY_DENIED', 'denied');
  await expect(new Attempts().next(denied)).rejects.toBe(denied);
});

test('one flight at a time for a registry and a digest; those who wait learn where it is', async () => {
  const flights = new Flights();
  const land = flights.begin('a', 'x') as Land;
  const waiting = flights.begin('a', 'x') as Promise<string | null>;
  expect(flights.begin('b', 'x')).toBeTypeOf('function');
  expect(flights.where('a', 'x')).toBeNull();
  land('shop/web');
  expect(await waiting).toBe('shop/web');
  expect(flights.where('a', 'x')).toBe('shop/web');
  const again = flights.begin('a', 'x') as Land;
  again(null);
  expect(flights.where('a', 'x')).toBe('shop/web');
});
