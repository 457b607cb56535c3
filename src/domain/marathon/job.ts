import type { Part } from '../input/fault.ts';
import type { Draft } from './draft.ts';
import type { Ledger } from './ledger.ts';

/** What Marathon does not know of an app, and a person says. */
export interface ImportOptions {
  /** Environment of the fleet file. Default: the app's label `environment` or `env`. */
  environment?: string | undefined;
  /** Where the instances go, shared out evenly. */
  places: { cluster: string; az: string }[];
  /** Default: the app's label `owner`, `team`, `maintainer` or `contact`. */
  owner?: string | undefined;
  /** Attribute of Mesos agents, or `hostname` → label of the nodes that says the same. */
  nodeLabels: Record<string, string>;
}

/** One app under translation: what is read, what is written, and what is told of it. */
export interface Job {
  app: Part;
  /** Absolute: `/shop/web`. */
  id: string;
  draft: Draft;
  ledger: Ledger;
  options: ImportOptions;
}

/** Names of the variables that a shell would replace in a text: `$NAME`, `${NAME}`. */
export function variablesOf(text: string): string[] {
  return [...new Set([...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name = '']) => name))];
}

/** Variables in what the app runs and by which it is checked. */
export function variablesIn(app: Part): string[] {
  const args = app.get('args').items();
  const checks = app.get('healthChecks').items();
  const texts = [app.get('cmd'), ...args, ...checks.map((check) => check.get('command').get('value'))];
  return variablesOf(texts.map(({ text }) => text ?? '').join('\n'));
}

/** Kubernetes replaces `$(NAME)`, and takes `$$` for one `$`, in commands, arguments and environment: write both as they are meant. */
export function literally(text: string): string {
  return text.replace(/\$(?=[$(])/g, '$$$$');
}
