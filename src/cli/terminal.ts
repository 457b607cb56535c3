import { createInterface } from 'node:readline/promises';
import { userInfo } from 'node:os';
import { styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta';

/** Where a command reads and writes. Results go to standard output; with --json everything else goes to standard error. */
export interface Terminal {
  /** Set by the global options before a command runs. */
  json: boolean;
  color: boolean;
  env: Record<string, string | undefined>;
  /** A person is there to answer questions and to look at what moves. */
  interactive: boolean;
  out: NodeJS.WritableStream & { columns?: number };
  /** Aborted by Ctrl-C. */
  interrupt: AbortSignal;
  paint: (style: Style, text: string) => string;
  /** One line for people. */
  say(line: string): void;
  /** One line that is no result: progress, errors, advice. */
  note(line: string): void;
  /** The result for machines; only with --json. */
  result(value: unknown): void;
  ask(question: string): Promise<boolean>;
  /** All of standard input, to its end. */
  input(): Promise<string>;
  /** Who sits here. */
  user(): string;
}

export interface Streams {
  stdin: NodeJS.ReadableStream;
  stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  stderr: NodeJS.WritableStream;
  env: Record<string, string | undefined>;
  interrupt: AbortSignal;
}

export function openTerminal({ stdin, stdout, stderr, env, interrupt }: Streams): Terminal {
  const tty = stdout.isTTY === true;
  const forced = env['FORCE_COLOR'];
  const wanted = forced === undefined || forced === '' ? tty : forced !== '0';
  const terminal: Terminal = {
    json: false,
    color: wanted && (env['NO_COLOR'] ?? '') === '',
    env,
    interactive: tty && (stdin as { isTTY?: boolean }).isTTY === true,
    out: stdout,
    interrupt,
    paint: (style, text) => (terminal.color ? styleText(style, text, { validateStream: false }) : text),
    say: (line) => void (terminal.json ? stderr : stdout).write(`${line}\n`),
    note: (line) => void stderr.write(`${line}\n`),
    result: (value) => {
      if (terminal.json) stdout.write(`${JSON.stringify(value)}\n`);
    },
    async ask(question) {
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal: interrupt })).trim());
      } finally {
        lines.close();
      }
    },
    async input() {
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString();
    },
    user: () => env['USER'] ?? env['LOGNAME'] ?? userInfo().username,
  };
  return terminal;
}

/** The terminal of this process. The first Ctrl-C ends a command in an orderly way, the second one at once. */
export function processTerminal(): Terminal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  const { stdin, stdout, stderr, env } = process;
  // Whoever reads our output may stop early, as `head` does.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return openTerminal({ stdin, stdout, stderr, env, interrupt: controller.signal });
}
