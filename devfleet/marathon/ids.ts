import { randomBytes } from 'node:crypto';
import { safePath } from './paths.ts';

// Grammars of core/task/Task.scala. The last two are those of Marathon before 1.8.
const INCARNATION = /^(.+)\.(instance-|marathon-)([^_.]+)[._]([^.]+)\.(\d+)$/;
const EPHEMERAL = /^(.+)\.(instance-|marathon-)([^_.]+)[._]([^.]+)$/;
const LEGACY_RESIDENT = /^(.+)([._])([^_.]+)(\.)(\d+)$/;
const LEGACY = /^(.+)([._])([^_.]+)$/;
const UUID = /^[0-9a-fA-F]+-[0-9a-fA-F]+-[0-9a-fA-F]+-[0-9a-fA-F]+-[0-9a-fA-F]+$/;

/** What is no task id of any Marathon. */
export class NoTaskId extends Error {}

export interface ParsedTaskId {
  instanceId: string;
  appId: string;
}

export function newInstanceId(appId: string): string {
  return `${safePath(appId)}.instance-${timeBasedUuid()}`;
}

/** The id of an instance's next task: the number at its end counts the runs. */
export function nextTaskId(instanceId: string, last: string | null): string {
  const run = last === null ? 0 : Number(INCARNATION.exec(last)?.[5] ?? 0);
  return `${instanceId}._app.${run + 1}`;
}

/**
 * @throws NoTaskId when no grammar fits
 * @throws RangeError when one fits, but holds no UUID (Java's IllegalArgumentException, which answers 422)
 */
export function parseTaskId(id: string): ParsedTaskId {
  const modern = INCARNATION.exec(id) ?? EPHEMERAL.exec(id);
  const legacy = modern ?? LEGACY_RESIDENT.exec(id) ?? LEGACY.exec(id);
  if (legacy === null) throw new NoTaskId(`taskId ${id} no valid identifier`);
  const [, path = '', prefix = '', uuid = ''] = legacy;
  if (!UUID.test(uuid)) throw new RangeError(`Invalid UUID string: ${uuid}`);
  const kind = modern !== null && prefix === 'instance-' ? 'instance-' : 'marathon-';
  return { instanceId: `${path}.${kind}${uuid}`, appId: `/${path.split('_').join('/')}` };
}

/** Version 1, as Marathon's: the time leads, so ids of one app sort roughly by age. */
function timeBasedUuid(): string {
  const ticks = BigInt(Date.now()) * 10_000n + 0x01b21dd213814000n + BigInt(randomBytes(2).readUInt16BE() % 10_000);
  const hex = ticks.toString(16).padStart(16, '0');
  const rest = randomBytes(8).toString('hex');
  return `${hex.slice(8)}-${hex.slice(4, 8)}-1${hex.slice(1, 4)}-8${rest.slice(1, 4)}-${rest.slice(4)}`;
}
