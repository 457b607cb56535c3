import { Agent, request } from 'undici';

/** A client that sends requests, one after the other on each of its connections, and counts those that fail. */
export interface Client {
  sent: number;
  failures: string[];
  /** Waits for the requests on their way. */
  stop(): Promise<void>;
}

/** @param urls asked in turn, with this Host */
export function startClient(urls: string[], host: string, connections = 4): Client {
  const agent = new Agent({ connections, pipelining: 1 });
  let going = true;
  const client: Client = {
    sent: 0,
    failures: [],
    stop: async () => {
      going = false;
      await Promise.all(lines);
      await agent.close();
    },
  };
  const ask = async (): Promise<void> => {
    while (going) {
      const url = urls[client.sent++ % urls.length] ?? '';
      try {
        const { statusCode, body } = await request(url, { headers: { host }, dispatcher: agent });
        const text = await body.text();
        if (statusCode !== 200) client.failures.push(`${statusCode} ${text}`);
      } catch (error) {
        client.failures.push(String(error));
      }
    }
  };
  const lines = Array.from({ length: connections }, ask);
  return client;
}
