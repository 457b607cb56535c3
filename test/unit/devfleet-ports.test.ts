import { expect, test } from 'vitest';
import { withFreshPorts } from '../../devfleet/ports.ts';
import { PartFailed } from '../../devfleet/supervision/part.ts';

/** Fails as a program does that wrote this, so many times; then starts. */
async function tries(log: string, failures: number): Promise<number> {
  let tried = 0;
  await withFreshPorts(async () => {
    tried++;
    if (tried <= failures) throw new PartFailed('temporal', 'it ended with code 2', '/log', log);
  });
  return tried;
}

const trace = Array.from({ length: 40 }, (_, at) => `\t/go/frame.go:${String(at)}`).join('\n');

test.each([
  ['Error: listen EADDRINUSE: address already in use 127.0.0.1:11080'],
  [`panic: failed assigning ephemeral port: failed to assign a free port: bind: address already in use\n${trace}`],
  [`panic: failed assigning ephemeral port: dial tcp 127.0.0.1:41234: cannot assign requested address\n${trace}`],
])('a part whose port was taken is started with another one: %.60s', async (log) => {
  expect(await tries(log, 2)).toBe(3);
});

test('but not for ever, and not where something else is wrong, which is said', async () => {
  await expect(tries('EADDRINUSE', 3)).rejects.toThrow('temporal did not start');
  await expect(tries(`panic: no space on this device\n${trace}`, 1)).rejects.toThrow(
    '| panic: no space on this device',
  );
});
