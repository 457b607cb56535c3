/** A record longer than this is no record: what we read is not RecordIO. Characters of the length in decimal. */
const LENGTH_DIGITS = 12;

/**
 * Records of a stream of bytes in Mesos's RecordIO: `<length in bytes>\n<record>`, one after the other
 * (docs/recordio.md).
 * @throws Error where the stream is something else
 */
export async function* records(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.indexOf(0x0a);
      const head = rest.subarray(0, end < 0 ? LENGTH_DIGITS + 1 : end).toString('latin1');
      if (!/^\d{0,12}$/.test(head) || end === 0) throw new Error(`no RecordIO: ${JSON.stringify(head)}`);
      const start = end + 1;
      const length = Number(head);
      if (end < 0 || rest.length < start + length) break;
      yield rest.subarray(start, start + length).toString('utf8');
      rest = rest.subarray(start + length);
    }
  }
}
