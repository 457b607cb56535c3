import { request } from 'undici';
import type { Endpoint, JournalEntry } from './types.ts';

export interface FrontDoorClient {
  /** Changes of routing after the entry numbered `after` (0: all), oldest first. */
  journal(after?: number): Promise<JournalEntry[]>;
  /** Where requests for the Service (`<namespace>/<name>`) go now. */
  endpoints(service: string): Promise<Endpoint[]>;
}

/** @param adminUrl `http://127.0.0.1:<adminPort>` of a front door */
export function frontDoorClient(adminUrl: string): FrontDoorClient {
  const get = async <T>(path: string): Promise<T> => {
    const { statusCode, body } = await request(new URL(path, adminUrl));
    if (statusCode !== 200) throw new Error(`front door ${path}: ${statusCode} ${await body.text()}`);
    return (await body.json()) as T;
  };
  return {
    journal: (after = 0) => get(`/journal?after=${after}`),
    endpoints: (service) => get(`/endpoints?service=${encodeURIComponent(service)}`),
  };
}
