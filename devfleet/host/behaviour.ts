const LABEL_PREFIX = 'transship.dev/sim.';

/** How a container behaves; read from the labels of its image's config (`transship.dev/sim.*`). */
export interface Behaviour {
  version: string;
  /** Port, where the pod's spec names none. */
  port: number | null;
  healthPath: string;
  igniteSeconds: number;
  ignite: 'ok' | 'fail' | 'never' | 'markdown';
  /** Seconds after its start at which it exits by itself; null: it runs on. */
  crashAfterSeconds: number | null;
  exitCode: number;
  stop: { mode: 'prompt' } | { mode: 'slow'; seconds: number } | { mode: 'never' };
  latencyMs: number;
}

/** @throws Error naming the label whose value means nothing */
export function readBehaviour(labels: Record<string, string>): Behaviour {
  const text = (key: string): string | undefined => labels[`${LABEL_PREFIX}${key}`];
  const number = (key: string): number | undefined => {
    const value = text(key);
    if (value === undefined) return undefined;
    const parsed = Number(value);
    if (value.trim() === '' || !(parsed >= 0))
      throw new Error(`label ${LABEL_PREFIX}${key}: "${value}" is not a number`);
    return parsed;
  };
  const ignite = text('ignite') ?? 'ok';
  if (ignite !== 'ok' && ignite !== 'fail' && ignite !== 'never' && ignite !== 'markdown') {
    throw new Error(`label ${LABEL_PREFIX}ignite: "${ignite}" is not ok, fail, never or markdown`);
  }
  return {
    version: text('version') ?? '',
    port: number('port') ?? null,
    healthPath: text('health-path') ?? '/health',
    igniteSeconds: number('ignite-seconds') ?? 0,
    ignite,
    crashAfterSeconds: number('crash-after-seconds') ?? null,
    exitCode: number('exit-code') ?? (text('crash-after-seconds') === undefined ? 0 : 1),
    stop: readStop(text('stop') ?? 'prompt'),
    latencyMs: number('latency-ms') ?? 0,
  };
}

function readStop(value: string): Behaviour['stop'] {
  if (value === 'prompt' || value === 'never') return { mode: value };
  const seconds = /^slow:(\d+(\.\d+)?)$/.exec(value)?.[1];
  if (seconds === undefined)
    throw new Error(`label ${LABEL_PREFIX}stop: "${value}" is not prompt, slow:<seconds> or never`);
  return { mode: 'slow', seconds: Number(seconds) };
}

/** What the health endpoint answers `seconds` after the start. */
export function healthCode(behaviour: Behaviour, seconds: number): number {
  if (behaviour.ignite === 'never' || seconds < behaviour.igniteSeconds) return 526;
  return { ok: 200, fail: 527, markdown: 530 }[behaviour.ignite];
}
