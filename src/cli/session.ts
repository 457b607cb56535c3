import { connectApi, DEFAULT_API, type Api } from './api.ts';
import type { ExitCode } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** Options that every command knows. */
export interface GlobalOptions {
  api?: string | undefined;
  json?: boolean | undefined;
  color?: boolean | undefined;
}

/** What a command works with. */
export interface Session {
  terminal: Terminal;
  /** Connects on first use: some commands need no API. */
  api(): Api;
}

export function openSession(terminal: Terminal, options: GlobalOptions): Session {
  terminal.json = options.json === true;
  if (options.color === false) terminal.color = false;
  let api: Api | undefined;
  return {
    terminal,
    api: () => (api ??= connectApi(options.api ?? terminal.env['TRANSSHIP_API'] ?? DEFAULT_API, terminal)),
  };
}

/** Makes of what a command does the action of the command. */
export type Act = <A extends unknown[]>(
  run: (session: Session, ...args: A) => Promise<ExitCode>,
) => (...args: A) => Promise<void>;
