import { Refusal } from '../errors.ts';

const TOKENS = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/**
 * Reads JSON and refuses what is none as Marathon does. The words of `details` are those of its parser (Jackson), for the
 * common ways to be wrong.
 * @throws Refusal 400
 */
export function parseBody(body: Buffer): unknown {
  const text = body.toString('utf8');
  if (text.trim() === '') {
    const details = `No content to map due to end-of-input\n at [Source: (byte[])"${text}"; line: 1, column: 0]`;
    throw new Refusal(400, 'empty', { message: 'Please specify data in JSON format', details });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Refusal(400, 'Invalid JSON', { message: 'Invalid JSON', details: describe(text, error) });
  }
}

function describe(text: string, error: unknown): string {
  const rest = text.slice(positionOf(text, error instanceof Error ? error.message : ''));
  if (rest.trim() === '') {
    const kind = text.trimStart().startsWith('[') ? 'Array' : 'Object';
    return (
      `Unexpected end-of-input: expected close marker for ${kind} ` +
      `(start marker at [Source: (byte[])"${text}"; line: 1, column: 1])`
    );
  }
  const token = /^[A-Za-z_$][\w$]*/.exec(rest)?.[0];
  if (token !== undefined) return `Unrecognized token '${token}': was expecting ${TOKENS}`;
  const character = rest.charAt(0);
  return `Unexpected character ('${character}' (code ${rest.charCodeAt(0)})): expected a valid value ${TOKENS}`;
}

/** V8 tells the place of some errors, of others only the character: then the first such outside strings. */
function positionOf(text: string, message: string): number {
  const told = /position (\d+)/.exec(message)?.[1];
  const character = /Unexpected token '(.)'/.exec(message)?.[1];
  if (told !== undefined || character === undefined) return Number(told ?? text.length);
  return text.replace(/"(?:[^"\\]|\\.)*"/g, (string) => ' '.repeat(string.length)).indexOf(character);
}
