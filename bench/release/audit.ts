import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

interface AuditLine {
  user: { username: string };
  verb: string;
  stage: string;
  requestReceivedTimestamp: string;
}

/** Calls that Transship made to the API server between two moments, by its audit log. A watch counts when it is opened. */
export async function callsBetween(auditLog: string, from: Date, to: Date): Promise<number> {
  let calls = 0;
  for await (const line of createInterface({ input: createReadStream(auditLog) })) {
    const { user, verb, stage, requestReceivedTimestamp } = JSON.parse(line) as AuditLine;
    const at = new Date(requestReceivedTimestamp);
    const counts = verb === 'watch' ? stage === 'ResponseStarted' : stage === 'ResponseComplete';
    if (user.username === 'transship' && counts && at >= from && at <= to) calls++;
  }
  return calls;
}
