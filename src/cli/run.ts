import { CommanderError } from '@commander-js/extra-typings';
import { EXIT, type ExitCode } from './exit.ts';
import { report } from './failure.ts';
import { buildProgram } from './program.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command; its exit code. */
export async function runCli(args: string[], terminal: Terminal): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const program = buildProgram(terminal, (code) => (exit = code));
  inEach(program, (command) => {
    command.exitOverride().configureOutput({
      writeOut: (text) => void terminal.out.write(text),
      writeErr: (text) => terminal.note(text.trimEnd()),
    });
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (terminal.interrupt.aborted) return EXIT.interrupted;
    return report(terminal, error);
  }
}

function inEach(
  command: ReturnType<typeof buildProgram>,
  change: (command: ReturnType<typeof buildProgram>) => void,
): void {
  change(command);
  for (const child of command.commands) inEach(child as typeof command, change);
}
