import type { Fault, Part } from '../../input/fault.ts';
import { Taker, textOf } from './taker.ts';

/**
 * The variables of a container. `$(NAME)` of one that stands before it is replaced, as Kubernetes does it and Marathon does
 * not.
 */
export function environmentOf(env: Part, faults: Fault[]): Record<string, string> {
  const known: Record<string, string> = {};
  for (const variable of env.items()) {
    const fields = new Taker(variable, faults);
    const [name, value] = [fields.take('name'), fields.take('value')];
    fields.refuseRest();
    known[textOf(name, faults)] = value.present ? expanded(textOf(value, faults), known) : '';
  }
  return known;
}

/** Docker's own: arguments alone leave the image's entrypoint; with a command there is one line for a shell. */
export function commandOf(
  command: Part,
  args: Part,
  environment: Record<string, string>,
  faults: Fault[],
): Record<string, unknown> {
  const [line = [], rest = []] = [command, args].map((words) =>
    words.items().map((word) => expanded(textOf(word, faults), environment)),
  );
  if (line.length > 0) return { cmd: [...line, ...rest].map(quoted).join(' ') };
  return rest.length > 0 ? { args: rest } : {};
}

/** `$(NAME)` of a variable that is known, and `$$` for `$`; all else stands as it is (Kubernetes, expansion.go). */
function expanded(text: string, known: Record<string, string>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (found, name?: string) => {
    if (name === undefined) return '$';
    return Object.hasOwn(known, name) ? (known[name] ?? '') : found;
  });
}

function quoted(word: string): string {
  return /^[-\w./:=@%+,]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
