import type { Part } from '../input/fault.ts';
import { inContainer } from './draft.ts';
import type { Job } from './job.ts';

/** What Marathon takes where an app does not say (types/app.raml). */
const DEFAULT = { cpus: 1, mem: 128 };

/**
 * CPU is what is asked for; memory is that and the most, because Mesos ends a task that takes more. Megabytes of Mesos are
 * 2^20 bytes.
 */
export function translateResources({ app, draft, ledger }: Job): void {
  const request = (name: string, value: string): string => draft.put(inContainer('resources', 'requests', name), value);
  const limit = (name: string, value: string): string => draft.put(inContainer('resources', 'limits', name), value);
  const [cpus, mem, disk, gpus] = [app.get('cpus'), app.get('mem'), app.get('disk'), app.get('gpus')];
  const limits = app.get('resourceLimits');

  const cpu = amount(cpus, DEFAULT.cpus);
  if (cpu !== null && cpu > 0) {
    const to = request('cpu', cores(cpu));
    if (cpus.present) ledger.translated(cpus, to);
  }
  const memory = amount(mem, DEFAULT.mem);
  if (memory !== null && memory > 0) {
    const to = [request('memory', mebibytes(memory))];
    if (!limits.get('mem').present) to.push(limit('memory', mebibytes(memory)));
    if (mem.present) ledger.translated(mem, to);
  } else if (memory === 0) ledger.notNeeded(mem, 'kubernetes', 'nothing is asked for');

  const most = limits.get('cpus');
  if (most.value === 'unlimited') ledger.notNeeded(limits.get('cpus'), 'kubernetes', 'no limit is set');
  else if (most.number !== undefined && most.number > 0) ledger.translated(most, limit('cpu', cores(most.number)));
  const mostMemory = limits.get('mem');
  if (mostMemory.value === 'unlimited') ledger.notNeeded(mostMemory, 'kubernetes', 'no limit is set');
  else if (mostMemory.number !== undefined && mostMemory.number > 0)
    ledger.translated(mostMemory, limit('memory', mebibytes(mostMemory.number)));

  if (disk.number === 0) ledger.notNeeded(disk, 'default');
  else if (disk.number !== undefined && disk.number > 0)
    ledger.translated(disk, request('ephemeral-storage', mebibytes(disk.number)));
  // Mesos knows the GPUs of NVIDIA only, whose device plugin calls them so.
  if (gpus.number === 0) ledger.notNeeded(gpus, 'default');
  else if (Number.isInteger(gpus.number) && Number(gpus.number) > 0)
    ledger.translated(gpus, limit('nvidia.com/gpu', String(gpus.value)));
  ledger.notNeeded(app.get('executorResources'), 'kubernetes', 'there is no executor', ['cpus', 'mem', 'disk']);
}

/** The number, or the default where nothing is said; null where what is said is none. */
function amount(part: Part, otherwise: number): number | null {
  if (!part.present || part.value === null) return otherwise;
  return part.number !== undefined && part.number >= 0 ? part.number : null;
}

const cores = (cpus: number): string =>
  Number.isInteger(cpus) ? String(cpus) : `${Math.max(1, Math.round(cpus * 1000))}m`;

const mebibytes = (mem: number): string =>
  Number.isInteger(mem) ? `${mem}Mi` : `${Math.max(1, Math.round(mem * 1024))}Ki`;
