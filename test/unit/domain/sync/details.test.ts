import { expect, test } from 'vitest';
import { syncDetails, type DestinationView } from '../../../../src/domain/sync/details.ts';

const view = (registry: string, more: Partial<DestinationView> = {}): DestinationView => ({
  registry,
  state: 'queued',
  isCopying: false,
  notBefore: null,
  tags: { v2: null },
  wantedBy: ['push'],
  trouble: null,
  ...more,
});

test('the first line says how many have it, and what each of the others waits for', () => {
  const [first] = syncDetails(
    [
      view('south', { state: 'done', tags: { v2: 'moved' } }),
      view('east', { isCopying: true }),
      view('west'),
      view('far', { notBefore: Date.UTC(2026, 10, 28, 22) }),
      view('edge', { state: 'arrived' }),
    ],
    'shop/web@sha256:abc',
  ).split('\n');
  expect(first).toBe(
    '**1 of 5** registries have it; east is being copied to, west waits for its turn, ' +
      'far waits for its window, until 2026-11-28T22:00:00.000Z, edge gets its tags',
  );
});

test('what failed stands first, with its reason on one line, and says what to do', () => {
  const trouble = { verdict: 'errored', code: 'REGISTRY_DENIED', message: 'no push\nto shop | web' } as const;
  const lines = syncDetails([view('south', { state: 'done' }), view('east', { state: 'failed', trouble })], 'x').split(
    '\n',
  );
  expect(lines[0]).toBe('**1 of 2** registries have it; 1 failed: asked for again, they are tried again');
  expect(lines[4]).toBe('| east | failed | v2 not yet | REGISTRY_DENIED: no push to shop web | push |');
  expect(lines[5]).toBe('| south | done | v2 not yet |  | push |');
});

test('however many registries and reasons there are, it stays within what the server takes', () => {
  const trouble = { verdict: 'errored', code: 'REGISTRY_DENIED', message: 'é'.repeat(5_000) } as const;
  const tags = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`v${at}`, null]));
  const all = Array.from({ length: 500 }, (_, at) => view(`registry-${at}`, { state: 'failed', trouble, tags }));
  const details = syncDetails(all, 'shop/web@sha256:abc');
  expect(details).toContain('and 480 more');
  expect(Buffer.byteLength(JSON.stringify(details))).toBeLessThan(20_000);
});
