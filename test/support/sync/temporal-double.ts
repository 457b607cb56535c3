import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { TemporalLink } from '../../../src/http/temporal/link.ts';
import type { readSteps } from '../../../src/http/temporal/syncs.ts';
import type { Connection, Finding } from '../../../src/domain/sync/connection.ts';
import type { RegistryLook } from '../../../src/domain/sync/look.ts';
import { WORKFLOWS } from '../../../src/temporal/names.ts';
import type { ReconcileInput } from '../../../src/temporal/reconcile.ts';
import type {
  BringAttachedInput,
  ConnectRegistriesInput,
  LookAtImagesInput,
  SyncImageInput,
} from '../../../src/temporal/sync.ts';

type Input = LookAtImagesInput | ConnectRegistriesInput | ReconcileInput | BringAttachedInput;
type Pending = Parameters<typeof readSteps>[0][number];

/**
 * Temporal as the API of syncs uses it, without a server and without workers: it looks at registries that a test fills, and
 * keeps what was asked for.
 */
export class TemporalDouble {
  /** Registry → `repository:tag` or `repository@digest` → digest. A registry that is not here does not answer. */
  readonly registries = new Map<string, Record<string, string>>();
  /** Registry → what is found there when it is connected. */
  readonly findings = new Map<string, Finding[]>();
  /** Registries that were looked at, or connected, in order. */
  readonly connected: { registry: string; rules: string[]; apply: boolean }[] = [];
  /** What was asked for, in order. */
  readonly asked: SyncImageInput[] = [];
  /** Workflows that run, by their ids, with what goes on in them. */
  readonly running = new Map<string, Pending[]>();
  readonly cancelled: string[] = [];
  /** Comparisons, and looks at what was attached, that were begun, in order. */
  readonly started: { type: string; id: string; input: ReconcileInput | BringAttachedInput }[] = [];
  /** What comes of the comparisons that are begun next, at once; of others nothing is known. */
  readonly ends: unknown[] = [];
  /** Workflows that have ended well, by their ids, with what came of them. */
  readonly results = new Map<string, unknown>();
  /** Calls that fail, once each, as where Temporal is away. */
  readonly outages: ('start' | 'signalWithStart' | 'describe')[] = [];
  /** Registries that have more tags than were looked at: of them only the first one was. */
  readonly cut = new Set<string>();

  readonly link: TemporalLink = {
    client: {
      withDeadline: async <T>(_deadline: number, call: () => Promise<T>): Promise<T> => call(),
      workflow: {
        start: async (type: string, { workflowId, args: [input] }: { workflowId: string; args: [Input] }) => {
          this.#answer('start');
          if (!('registries' in input)) {
            if (this.running.has(workflowId))
              throw new WorkflowExecutionAlreadyStartedError('running', workflowId, type);
            this.started.push({ type, id: workflowId, input });
            if (this.ends.length > 0) this.results.set(workflowId, this.ends.shift());
            return Promise.resolve();
          }
          const result = input.registries.map(({ name }) =>
            type === WORKFLOWS.connectRegistries
              ? this.#connect(input as ConnectRegistriesInput, name)
              : this.#look(input as LookAtImagesInput, name),
          );
          return Promise.resolve({
            result: async () => Promise.resolve(result),
            terminate: async () => Promise.resolve(),
          });
        },
        signalWithStart: async (_type: string, { args }: { args: [SyncImageInput] }) => {
          this.#answer('signalWithStart');
          this.asked.push(args[0]);
          return Promise.resolve();
        },
        getHandle: (id: string) => ({
          describe: async () => Promise.resolve(this.#describe(id)),
          result: async () => Promise.resolve(this.results.get(id)),
          cancel: async () => {
            this.cancelled.push(id);
            return Promise.resolve();
          },
        }),
      },
    } as unknown as TemporalLink['client'],
    namespace: 'transship',
    address: 'nowhere:7233',
  };

  #answer(call: TemporalDouble['outages'][number]): void {
    const at = this.outages.indexOf(call);
    if (at < 0) return;
    this.outages.splice(at, 1);
    // As the client says that nobody listens there.
    throw Object.assign(new Error('14 UNAVAILABLE: no connection'), { code: 14, details: '', metadata: {} });
  }

  #describe(id: string): object {
    this.#answer('describe');
    if (this.results.has(id)) return { status: { name: 'COMPLETED' }, raw: {} };
    const pendingActivities = this.running.get(id);
    if (pendingActivities === undefined) throw new WorkflowNotFoundError('not found', id, undefined);
    return { status: { name: 'RUNNING' }, raw: { pendingActivities } };
  }

  /** What is to do is done, where it is applied. */
  #connect({ rules, apply }: ConnectRegistriesInput, registry: string): Connection {
    this.connected.push({ registry, rules: rules.map(({ name }) => name), apply });
    const findings = this.findings.get(registry) ?? [];
    if (apply) {
      const done = (finding: Finding): Finding => (finding.state === 'todo' ? { ...finding, state: 'done' } : finding);
      this.findings.set(registry, findings.map(done));
    }
    return { registry, findings: this.findings.get(registry) ?? [] };
  }

  #look({ repository, references }: LookAtImagesInput, registry: string): RegistryLook {
    const has = this.registries.get(registry);
    if (has === undefined) {
      const message = `${registry} does not answer`;
      const trouble = { verdict: 'errored', code: 'REGISTRY_UNREACHABLE', message } as const;
      return { registry, digests: {}, isCut: false, trouble };
    }
    const all = Object.keys(has).flatMap((name) =>
      name.startsWith(`${repository}:`) ? [name.slice(repository.length + 1)] : [],
    );
    const isCut = references === null && this.cut.has(registry);
    const digests = (references ?? (isCut ? all.slice(0, 1) : all)).map((name) => {
      const image = name.includes(':') ? `${repository}@${name}` : `${repository}:${name}`;
      return [name, has[image] ?? null] as const;
    });
    return { registry, digests: Object.fromEntries(digests), isCut, trouble: null };
  }
}

/** What Temporal tells of an activity that is under way. */
export function pendingActivity(queue: string, beat: object | null, change: object = {}): Pending {
  const data = Buffer.from(JSON.stringify(beat));
  return {
    activityType: { name: 'copyImage' },
    state: 2,
    attempt: 1,
    lastWorkerIdentity: '4711@worker',
    scheduledTime: { seconds: 1_767_268_800, nanos: 500_000_000 },
    heartbeatDetails: beat === null ? null : { payloads: [{ data }] },
    activityOptions: { taskQueue: { name: queue } },
    ...change,
  } as unknown as Pending;
}
