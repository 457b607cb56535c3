import { PassThrough } from 'node:stream';
import type { AddressInfo } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { runCli } from '../../../src/cli/run.ts';
import { openTerminal } from '../../../src/cli/terminal.ts';
import type { TemporalLink } from '../../../src/http/temporal/link.ts';
import { startTestApi, type TestApi } from '../http/support.ts';

export interface CliRun {
  exit: number;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  /** A person at a terminal, who answers so. */
  answers?: string;
  /** What stands on standard input, where nobody sits at it. */
  input?: string;
  env?: Record<string, string>;
  interrupt?: AbortSignal;
  /** Called with everything written to standard output so far. */
  watch?: (stdout: string) => void;
}

/** Runs the CLI in this process, on streams of its own. */
export async function cli(args: string[], options: CliOptions = {}): Promise<CliRun> {
  const { answers, input, env = {}, interrupt = new AbortController().signal, watch } = options;
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  stdout.on('data', (chunk: Buffer) => {
    out.push(chunk);
    watch?.(Buffer.concat(out).toString());
  });
  stderr.on('data', (chunk: Buffer) => void err.push(chunk));
  const tty = { isTTY: answers !== undefined, columns: 120 };
  if (answers !== undefined) stdin.end(`${answers}\n`);
  if (input !== undefined) stdin.end(input);
  const terminal = openTerminal({
    stdin: Object.assign(stdin, tty),
    stdout: Object.assign(stdout, tty),
    stderr,
    env: { USER: 'li', ...env },
    interrupt,
  });
  const exit = await runCli(args, terminal);
  return {
    exit,
    stdout: stripVTControlCharacters(Buffer.concat(out).toString()),
    stderr: stripVTControlCharacters(Buffer.concat(err).toString()),
  };
}

export type ListeningApi = TestApi & { url: string; cli: typeof cli };

/** The API on a real catalogue and a real port, and the CLI pointed at it; with Temporal away unless a link is given. */
export async function listen(temporal?: TemporalLink): Promise<ListeningApi> {
  const api = await startTestApi(temporal);
  await api.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = api.app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    ...api,
    url,
    cli: async (args, options) => cli(args, { ...options, env: { TRANSSHIP_API: url, ...options?.env } }),
  };
}
