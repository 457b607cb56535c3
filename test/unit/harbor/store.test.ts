import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Quotas } from '../../../devfleet/harbor/content/quotas.ts';
import { Store } from '../../../devfleet/harbor/store/store.ts';

let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'transship-harbor-'));
  file = join(folder, 'harbor.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const registry = (id: number, name: string) => ({
  id,
  name,
  description: '',
  type: 'harbor',
  url: 'http://x',
  insecure: false,
  accessKey: '',
  created: '',
  updated: '',
});

describe('the store', () => {
  test('each change is there at the next start, and ids are never used twice', () => {
    const one = new Store(file);
    const first = registry(one.nextId('registry'), 'a');
    one.registries.put(first);
    one.registries.put({ ...first, name: 'b' });
    const second = registry(one.nextId('registry'), 'c');
    one.registries.put(second);
    one.registries.delete(second);
    const secret = one.secret('tokens');
    const two = new Store(file);
    expect(two.registries.all()).toEqual([{ ...first, name: 'b' }]);
    expect(two.nextId('registry')).toBe(3);
    expect(two.secret('tokens')).toBe(secret);
    expect(two.secret('other')).not.toBe(secret);
  });

  test('what was overwritten is gone from the file after a start', () => {
    const one = new Store(file);
    for (let n = 0; n < 100; n++) one.registries.put(registry(1, `name-${n}`));
    new Store(file);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('name-99');
  });

  test('a file that is none is told of, and left as it is', () => {
    appendFileSync(file, 'no JSON\n');
    expect(() => new Store(file)).toThrow();
    expect(readFileSync(file, 'utf8')).toBe('no JSON\n');
  });
});

describe('quotas', () => {
  const blob = (digest: string, size: number, mediaType = 'application/octet-stream') => ({ digest, size, mediaType });
  const limited = (hard: number) => {
    const store = new Store(file);
    store.quotas.put({ id: 1, projectId: 1, hard, created: '', updated: '' });
    return { store, quotas: new Quotas(store) };
  };
  const take = (quotas: Quotas, digest: string, size: number) =>
    quotas.request(1, size, () => Promise.resolve({ result: digest, gained: [blob(digest, size)] }));

  test('requests under way count, so that two do not take one room; one that fails gives it back', async () => {
    const { quotas } = limited(100);
    const gate = Promise.withResolvers<undefined>();
    const first = quotas.request(1, 60, async () => {
      await gate.promise;
      throw new Error('broken');
    });
    await expect(take(quotas, 'b', 60)).rejects.toThrow(
      'adding 60 B of storage resource, which when updated to current usage of 60 B will exceed the configured upper limit of 100 B.',
    );
    gate.resolve(undefined);
    await expect(first).rejects.toThrow('broken');
    expect(quotas.used(1)).toBe(0);
    await take(quotas, 'b', 60);
    expect(quotas.used(1)).toBe(60);
  });

  test('a blob counts once for a project, and again after a start', async () => {
    const { quotas } = limited(-1);
    await take(quotas, 'a', 10);
    await take(quotas, 'a', 10);
    expect(quotas.used(1)).toBe(10);
    expect(quotas.missing(1, [blob('a', 10), blob('b', 5), blob('b', 5)])).toBe(5);
    expect(new Quotas(new Store(file)).used(1)).toBe(10);
    quotas.dissociate(1, 'a');
    quotas.dissociate(1, 'a');
    expect(quotas.used(1)).toBe(0);
  });

  test('a layer that lies elsewhere does not count, once a manifest says so', async () => {
    const { quotas } = limited(-1);
    const foreign = blob('a', 10, 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip');
    await take(quotas, 'a', 10);
    await quotas.request(1, 0, () => Promise.resolve({ result: null, gained: [foreign] }));
    expect(quotas.used(1)).toBe(0);
    expect(quotas.missing(2, [foreign])).toBe(0);
  });

  test('a warning from 85 % on, of what was done', async () => {
    const { quotas } = limited(2048);
    const failed = quotas.request(1, 2000, () => Promise.resolve({ result: 'refused', gained: null }));
    expect(await failed).toEqual({ result: 'refused', warning: null });
    expect((await take(quotas, 'a', 1740)).warning).toBeNull();
    expect((await take(quotas, 'b', 1)).warning).toBe(
      'quota usage reach 85%: resource storage used 1.7 KiB of 2.0 KiB',
    );
  });
});
