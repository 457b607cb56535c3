/** One event of an event stream. */
export interface ServerSentEvent {
  event: string;
  data: string;
}

/** The line that began; a CR at the end of what has come may be half of a CRLF. */
const LINE_END = /\r\n|\n|\r(?!$)/;

/**
 * Events of a stream of bytes, framed as WHATWG says (HTML, "Server-sent events"): lines end with CR, LF or CRLF; a byte
 * order mark at the start is nothing; a line that starts with a colon is a comment; several `data` lines are one text; an
 * event without data, or that the stream ended in, is none. `id` and `retry` are not used by those we read.
 */
export async function* serverSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  // The decoder takes the byte order mark away.
  const decoder = new TextDecoder();
  let rest = '';
  let event = '';
  let data: string[] = [];
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(LINE_END);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { event: event || 'message', data: data.join('\n') };
        [event, data] = ['', []];
        continue;
      }
      const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (name === 'event') event = value;
      else if (name === 'data') data.push(value);
    }
  }
}
