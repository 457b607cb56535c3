/** A protobuf message as its JSON is read: field name → what it holds. */
export interface Message {
  readonly [field: string]: Field;
}

export interface Field {
  type: 'string' | 'number' | 'bool' | Message;
  required?: true;
  repeated?: true;
}

/** The JSON is not this message; the text is that of Mesos (stout/protobuf.hpp). */
export class NotThisMessage extends Error {}

/**
 * Reads a message from JSON, as Mesos does: unknown fields are dropped, null is no field, a single value may stand for a
 * repeated one, numbers may be written as strings.
 * @throws NotThisMessage
 */
export function readMessage(message: Message, json: unknown): Record<string, unknown> {
  if (!isObject(json)) throw new NotThisMessage('Expecting a JSON object');
  const value = readFields(message, json);
  const missing = missingFields(message, value, '');
  if (missing.length > 0) throw new NotThisMessage(`Missing required fields: ${missing.join(', ')}`);
  return value;
}

/** The same for a JSON array of messages. @throws NotThisMessage */
export function readMessages(message: Message, json: unknown): Record<string, unknown>[] {
  if (!Array.isArray(json)) throw new NotThisMessage('Expecting a JSON array');
  return json.map((one) => readMessage(message, one));
}

/** Parses JSON with the error text of Mesos's parser (picojson); where exactly it stands may differ by some characters. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const at = Number(/at position (\d+)/.exec((error as Error).message)?.[1] ?? text.length);
    const before = text.slice(0, at);
    throw new NotThisMessage(
      `syntax error at line ${before.split('\n').length} near: ${text.slice(at).split('\n')[0] ?? ''}`,
    );
  }
}

/** @throws NotThisMessage where the JSON is of another type */
export function parseJsonAs(text: string, type: 'object' | 'array'): unknown {
  const json = parseJson(text);
  if (type === 'object' ? !isObject(json) : !Array.isArray(json))
    throw new NotThisMessage('Unexpected JSON type parsed');
  return json;
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function readFields(message: Message, json: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(json)) {
    const field = Object.hasOwn(message, name) ? message[name] : undefined;
    if (field === undefined || value === null) continue;
    if (field.repeated === true)
      result[name] = (Array.isArray(value) ? value : [value]).map((one) => read(name, field, one));
    else result[name] = read(name, field, value);
  }
  return result;
}

function read(name: string, { type }: Field, value: unknown): unknown {
  const refuse = (kind: string) => new NotThisMessage(`Not expecting a JSON ${kind} for field '${name}'`);
  if (Array.isArray(value)) throw refuse('array');
  if (isObject(value)) {
    if (typeof type === 'string') throw refuse('object');
    return readFields(type, value);
  }
  switch (typeof value) {
    case 'string':
      if (type === 'string') return value;
      if (typeof type !== 'string') throw refuse('string');
      return readFromString(name, type, value);
    case 'number':
      if (type !== 'number') throw refuse('number');
      return value;
    case 'boolean':
      if (type !== 'bool') throw refuse('boolean');
      return value;
    default:
      return undefined;
  }
}

function readFromString(name: string, type: 'number' | 'bool', text: string): number | boolean {
  if (type === 'bool' && (text === 'true' || text === 'false')) return text === 'true';
  if (type === 'number' && text.trim() !== '' && !Number.isNaN(Number(text))) return Number(text);
  const kind = type === 'bool' ? 'boolean' : 'number';
  throw new NotThisMessage(
    `Failed to parse '${text}' as a JSON ${kind} for field '${name}': Unexpected JSON type parsed`,
  );
}

function missingFields(message: Message, value: Record<string, unknown>, path: string): string[] {
  return Object.entries(message).flatMap(([name, { type, required, repeated }]) => {
    const own = value[name];
    if (own === undefined) return required === true ? [`${path}${name}`] : [];
    if (typeof type === 'string') return [];
    const each = repeated === true ? (own as Record<string, unknown>[]) : [own as Record<string, unknown>];
    return each.flatMap((one, at) => missingFields(type, one, `${path}${name}${repeated === true ? `[${at}]` : ''}.`));
  });
}
