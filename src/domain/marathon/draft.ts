import type { z } from 'zod';
import type { appSchema } from '../app.ts';
import { formatPath, type Path } from '../input/fault.ts';

/** What an app file holds, as it is written: without defaults. */
export type AppFile = z.input<typeof appSchema>;

type Node = Record<string | number, unknown>;

/** Path of a field of the one container, in its group. */
export const inContainer = (...path: Path): Path => ['template', 'spec', 'containers', 0, ...path];
/** Path of a field of the pod's spec, in its group. */
export const inPod = (...path: Path): Path => ['template', 'spec', ...path];

/**
 * An app file with one group of one container, as it is being written. Writers get the path of what they wrote, so what a
 * finding says of the app file is there. Keys stand in the order in which people read them, whatever the order of writing.
 */
export class Draft {
  readonly #root: Node;

  constructor(app: string, group: string) {
    const later = (keys: string): Node => Object.fromEntries(keys.split(' ').map((key) => [key, undefined]));
    const container = {
      name: group,
      ...later(
        'command args workingDir tty env ports startupProbe livenessProbe readinessProbe resources volumeMounts',
      ),
    };
    const spec = {
      ...later('terminationGracePeriodSeconds affinity topologySpreadConstraints tolerations imagePullSecrets'),
      containers: [container],
    };
    const template = { ...later('metadata'), spec };
    this.#root = {
      app,
      ...later('owner description'),
      groups: [
        {
          name: group,
          ...later('environment placement images'),
          health: later('path port timeoutSeconds codes'),
          ...later('ports'),
          template,
        },
      ],
    };
  }

  /** Name of the app. */
  get app(): string {
    return String(this.#root['app']);
  }

  /** Name of the one container. */
  get container(): string {
    return String(this.#groupNode()['name']);
  }

  /** Writes a field of the app; returns its path. */
  putApp(key: 'owner' | 'description', value: string): string {
    this.#root[key] = value;
    return key;
  }

  /** Writes a field of the group; returns its path. What is missing on the way to it is made. */
  put(path: Path, value: unknown): string {
    const [last = '', ...above] = path.toReversed();
    this.#node(above.toReversed(), typeof last === 'number')[last] = value;
    return formatPath(['groups', 0, ...path]);
  }

  /** Adds to a list of the group; returns the path of what was added. */
  push(path: Path, value: unknown): string {
    const list = this.#node(path, true) as unknown as unknown[];
    list.push(value);
    return formatPath(['groups', 0, ...path, list.length - 1]);
  }

  /** What stands at a path of the group. */
  at(path: Path): unknown {
    let node: unknown = this.#groupNode();
    for (const segment of path) node = (node as Node | undefined)?.[segment];
    return node;
  }

  /** What was written. */
  finish(): AppFile {
    return written(this.#root) as AppFile;
  }

  #groupNode(): Node {
    return (this.#root['groups'] as Node[])[0] as Node;
  }

  #node(path: Path, list: boolean): Node {
    let node = this.#groupNode();
    path.forEach((segment, at) => {
      const next = path[at + 1];
      const isList = next === undefined ? list : typeof next === 'number';
      node = (node[segment] ??= isList ? [] : {}) as Node;
    });
    return node;
  }
}

function written(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => (part === undefined ? [] : [[key, written(part)]])),
  );
}
