import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messages, type Message } from '../../../src/cli/watch/sse.ts';

async function read(...chunks: Uint8Array[]): Promise<(Message | null)[]> {
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const read: (Message | null)[] = [];
  for await (const message of messages(stream())) read.push(message);
  return read;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('fields, comments, several lines of data, both line ends', async () => {
  const text =
    'retry: 1000\n\n: alive\n\nid: 1\nevent: state\ndata: {"a":1}\n\r\nid:2\r\ndata:one\r\ndata: two\r\n\r\ndata: cut off';
  expect(await read(bytes(text))).toEqual([
    null,
    { id: '1', event: 'state', data: '{"a":1}' },
    { id: '2', event: 'message', data: 'one\ntwo' },
  ]);
});

test('wherever the stream is cut into chunks, the same messages come out', async () => {
  const whole = bytes(
    ': alive\n\nid: 7\nevent: step\ndata: {"message":"Zoë löst die Bremse · 刹车"}\n\nid: 8\ndata: x\n\n',
  );
  const expected = await read(whole);
  expect(expected).toHaveLength(3);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 12 }), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
      expect(await read(...at.slice(1).map((end, nth) => whole.slice(at[nth], end)))).toEqual(expected);
    }),
  );
});
