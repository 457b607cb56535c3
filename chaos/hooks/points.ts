// What the hooks in the worker and the fault run agree on. Pure: the workflow bundle holds it too.

/** Header that carries a key from the workflow, which counts, to the activity. */
export const KEY_HEADER = 'transship-chaos-key';

/**
 * Where a worker can be hit: before the body of an activity; after it (its effect is done, its completion was not
 * reported); in the workflow task that has taken up the completion, before that task is reported; and within the body,
 * at its nth change of a cluster: when it is about to be sent, and when its answer is there and nobody has read it.
 */
export type Point = 'before' | 'after' | 'reported' | `sending ${number}` | `answered ${number}`;

/** A dead worker is started again; a frozen one thaws after another has done its work. */
export type Blow = 'kill' | 'freeze';

/** One passage of a worker through a point, as it is traced. */
export interface Passage {
  /** Wall time, ISO. */
  at: string;
  pid: number;
  key: string;
  point: Point;
  /** It was the one to be hit at. */
  hit: boolean;
  /** Method and path of the change that is about to be sent, or was answered. */
  change?: string;
}

/** Where the next worker that comes by is to be hit; `id` tells targets apart. */
export interface Target {
  id: string;
  key: string;
  point: Point;
  blow: Blow;
}

interface Place {
  idc: string;
  az: string;
}

/** Fields of the inputs of our activities by which they are told apart. */
interface Input {
  instance?: { name: string };
  set?: Place;
  sets?: Place[];
  root?: string;
  operation?: string;
  registry?: string;
  /** How far an image is, in a row of the catalogue. */
  state?: string;
  /** Registries. */
  to?: string[];
  events?: { kind: string; step: string; instance: string | null; outcome: string | null }[];
}

/** What an activity acts on: the same in every run of a scenario, whatever the app's name and the operation's id. */
export function subjectOf(taskQueue: string, args: readonly unknown[]): string {
  const input = (args[0] ?? {}) as Input;
  if (input.instance !== undefined) return input.instance.name;
  if (input.set !== undefined) return place(input.set);
  if (input.sets !== undefined) return input.sets.map(place).join('+');
  if (input.registry !== undefined) return [input.registry, input.state].filter((part) => part !== undefined).join(' ');
  if (Array.isArray(input.to)) return input.to.join('+');
  const [event] = input.events ?? [];
  if (event !== undefined) {
    const { kind, step, instance, outcome } = event;
    const whose = input.root === input.operation ? 'release' : 'group';
    return [whose, kind, step, instance, outcome].filter((part) => part !== null).join(' ');
  }
  return taskQueue;
}

function place({ idc, az }: Place): string {
  return `${idc}/${az}`;
}
