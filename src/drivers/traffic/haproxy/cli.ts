import { connect } from 'node:net';
import { TransshipError } from '../../../domain/errors.ts';
import { SOCKET_TIMEOUT_MS } from '../limits.ts';

/**
 * Sends one line to a HAProxy's `stats socket` and reads all of its answer: in this mode HAProxy closes the connection
 * after it, so that what was lost on the way is never taken for an answer.
 * @param socket path of a Unix socket, or `host:port`
 * @param line one command, or several with a semicolon between; without line end
 * @returns the answer to each command
 * @throws LOAD_BALANCER_UNREACHABLE
 */
export async function askHaproxy(socket: string, line: string): Promise<string[]> {
  const text = await converse(socket, line).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new TransshipError('LOAD_BALANCER_UNREACHABLE', `HAProxy at ${socket}: ${why}`, { cause: error });
  });
  // An empty line ends each answer and stands in none.
  const answers = text.split('\n\n').map((answer) => answer.trim());
  return line.split(';').map((_, index) => answers[index] ?? '');
}

function converse(socket: string, line: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const connection = connect(addressOf(socket));
  const timer = setTimeout(() => {
    connection.destroy(new Error(`no answer in ${SOCKET_TIMEOUT_MS / 1000} s`));
  }, SOCKET_TIMEOUT_MS);
  let text = '';
  connection.setEncoding('utf8');
  connection.on('connect', () => connection.write(`${line}\n`));
  connection.on('data', (chunk: string) => (text += chunk));
  connection.on('error', reject);
  connection.on('close', () => {
    clearTimeout(timer);
    // Even "done" is an empty line: a connection that was closed without a word said nothing.
    if (text.endsWith('\n')) resolve(text);
    else reject(new Error('the connection was closed before the end of the answer'));
  });
  return promise;
}

function addressOf(socket: string): { path: string } | { host: string; port: number } {
  if (socket.startsWith('/')) return { path: socket };
  const colon = socket.lastIndexOf(':');
  return { host: socket.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(socket.slice(colon + 1)) };
}
