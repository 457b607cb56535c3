import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { CommanderError } from 'commander';

/** Where a run writes: `out` takes the results (stdout), `note` what happens meanwhile (stderr). */
export interface Streams {
  out: (text: string) => void;
  note: (text: string) => void;
}

export const CONSOLE: Streams = {
  out: (text) => process.stdout.write(`${text}\n`),
  note: (text) => process.stderr.write(`${text}\n`),
};

/** Runs by name, each with a line that says what it does. */
export type Registry<R extends { description: string }> = Readonly<Record<string, R>>;

export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** The registry as people read it. */
export function listing(registry: Registry<{ description: string }>): string {
  const width = Math.max(...Object.keys(registry).map((name) => name.length));
  return Object.entries(registry)
    .map(([name, { description }]) => `  ${name.padEnd(width)}  ${description}`)
    .join('\n');
}

/**
 * Parses the command line and finds the run that its first argument names. Returns an exit code instead when there is
 * nothing to run: after --help, and (2) without a name, with an unknown one or a wrong option.
 */
export function chooseRun<R extends { description: string }>(
  command: CommandUnknownOpts,
  registry: Registry<R>,
  argv: readonly string[],
  { out, note }: Streams,
): { name: string; chosen: R } | number {
  command
    .exitOverride()
    .configureOutput({ writeOut: (text) => out(text.trimEnd()), writeErr: (text) => note(text.trimEnd()) })
    .addHelpText('after', `\n${listing(registry)}`);
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
  const name = command.args[0];
  const chosen = name === undefined || !Object.hasOwn(registry, name) ? undefined : registry[name];
  if (name !== undefined && chosen !== undefined) return { name, chosen };
  note(name === undefined ? `${command.name()}: name one of` : `${command.name()}: there is no "${name}"; there are`);
  note(listing(registry));
  return EXIT.usage;
}

/** What a run holds on to: everything deferred is undone when it ends, newest first, after Ctrl-C too. */
export interface RunScope {
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  resources: AsyncDisposableStack;
}

/** Runs it, cleans up after it, and gives its exit code; errors are told with their stack. */
export async function runInScope(run: (scope: RunScope) => Promise<number>, { note }: Streams): Promise<number> {
  const interrupt = new AbortController();
  const stop = (): void => {
    note('interrupted: cleaning up');
    interrupt.abort();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const interrupted = new Promise<number>((resolve) => {
    interrupt.signal.addEventListener('abort', () => resolve(EXIT.interrupted));
  });
  try {
    await using resources = new AsyncDisposableStack();
    // What still runs after Ctrl-C loses its servers under it: its error is no news then.
    return await Promise.race([run({ signal: interrupt.signal, resources }), interrupted]);
  } catch (error) {
    note(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return EXIT.failed;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
