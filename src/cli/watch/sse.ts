/** One server-sent event. */
export interface Message {
  id: string;
  event: string;
  data: string;
}

/** Splits a stream of bytes into server-sent events; comments (heartbeats) are given as null. */
export async function* messages(body: AsyncIterable<Uint8Array>): AsyncGenerator<Message | null> {
  const decoder = new TextDecoder();
  let rest = '';
  let fields: Partial<Message> = {};
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (fields.data !== undefined) yield { id: '', event: 'message', ...fields, data: fields.data };
        fields = {};
      } else if (line.startsWith(':')) {
        yield null;
      } else {
        const [, name, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
        if (name === 'data') fields.data = fields.data === undefined ? value : `${fields.data}\n${value}`;
        else if (name === 'id' || name === 'event') fields[name] = value;
      }
    }
  }
}
