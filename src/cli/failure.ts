import type { ErrorPlace } from '../domain/errors.ts';
import { toProblem, type Problem } from '../domain/problem.ts';
import { TransshipError } from '../domain/errors.ts';
import { EXIT, exitOfStatus, type ExitCode } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** Ends a command with an exit code and words for people. */
export class Failure extends Error {
  readonly exit: ExitCode;
  /** What to do next. */
  readonly next: string;
  readonly problem: Problem | null;

  constructor(exit: ExitCode, message: string, options: { next?: string; problem?: Problem; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'Failure';
    this.exit = exit;
    this.next = options.next ?? '';
    this.problem = options.problem ?? null;
  }
}

export function fromProblem(problem: Problem): Failure {
  return new Failure(exitOfStatus(problem.status), problem.detail, { next: problem.next, problem });
}

/** Says what went wrong, where, and what to do next; returns the exit code. */
export function report(terminal: Terminal, error: unknown): ExitCode {
  const failure = toFailure(error);
  const { problem } = failure;
  if (terminal.json) {
    terminal.result(problem ?? { code: 'CLI', detail: failure.message, next: failure.next, errors: [] });
  }
  const { paint } = terminal;
  terminal.note(`${paint('red', problem?.code ?? 'error')}: ${failure.message}`);
  for (const place of problem?.errors ?? []) terminal.note(`  ${placeText(place)}`);
  if (failure.next !== '') terminal.note(`${paint('bold', 'next')}: ${failure.next}`);
  return failure.exit;
}

/** `groups[0].images (line 7, column 5): is missing; hint`. */
export function placeText({ path, message, hint, line, column }: ErrorPlace): string {
  const at = line === undefined ? '' : ` (line ${line}, column ${column ?? 1})`;
  const where = path === '' ? at.trim() : `${path}${at}`;
  return `${where === '' ? '' : `${where}: `}${message}${hint === undefined ? '' : `; ${hint}`}`;
}

function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof TransshipError) return fromProblem(toProblem(error));
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Failure(EXIT.unexpected, message, {
    next: 'This is a defect of the CLI: report it with the lines above.',
  });
}
