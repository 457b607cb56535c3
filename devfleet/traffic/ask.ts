import { get } from 'node:http';
import type { Agent } from 'node:http';

export interface Answer {
  status: number;
  text: string;
}

/**
 * GETs a URL over the agent's connections. Node's own client, because taking a free connection costs it the same however
 * many there are: a stall leaves hundreds, and a pool that searches them would make an overload of its own.
 * @throws Error of the socket, or one that says `timeout` when the answer is not complete after `timeoutMs`
 */
export async function ask(url: URL, agent: Agent, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, text });
      });
      response.on('error', fail);
    });
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    const timer = setTimeout(() => request.destroy(new Error('timeout')), timeoutMs);
    request.on('error', fail);
  });
}
