import type { Part } from '../input/fault.ts';
import { inPod } from './draft.ts';
import type { Job } from './job.ts';
import { LABEL_VALUE } from './labels.ts';

const HOSTNAME = 'kubernetes.io/hostname';

/** One constraint: `[field, operator, value?]`. */
interface Constraint {
  part: Part;
  field: string;
  operator: string;
  value: string;
}

/**
 * `constraints`. Rules about tasks among each other are rules about pods; rules about attributes of agents are about labels of
 * nodes, once an option says which label is the attribute. Labels by which a group's pods find each other are Transship's.
 */
export function translateConstraints(job: Job): void {
  for (const part of job.app.get('constraints').items()) {
    const [field, operator, value = ''] = part.items().map(({ text }) => text);
    if (field === undefined || operator === undefined || part.items().length > 3) continue;
    translateConstraint(job, { part, field, operator, value });
  }
}

function translateConstraint(job: Job, constraint: Constraint): void {
  const { ledger, options } = job;
  const { part, field, operator, value } = constraint;
  const person = (note: string): void => ledger.person(part, 'hosts', note);
  if (field === '@zone' || field === '@region') {
    const spread = operator === 'GROUP_BY' && field === '@zone' && options.places.length > 1;
    if (spread) ledger.translated(part, 'groups[0].placement');
    else person('the placement says in which AZs it is: see that it is as this wants it');
    return;
  }
  const isHost = field === 'hostname' || field === '@hostname';
  const label =
    options.nodeLabels[isHost ? 'hostname' : field] ?? (isHost && !namesHosts(constraint) ? HOSTNAME : undefined);
  if (label === undefined) {
    const ask = isHost
      ? `--node-label hostname=${HOSTNAME}, where hosts keep their names`
      : `--node-label ${field}=LABEL`;
    person(`which label of the nodes says so? ${ask}`);
    return;
  }
  const to = writeRule(job, constraint, label);
  if (to === null) person(`Kubernetes has no rule like ${operator}${value === '' ? '' : ` ${value}`}`);
  else ledger.translated(part, to, `by the label ${label} of the nodes`);
}

/** The rule compares names of agents, which may not be those of the nodes. */
function namesHosts({ operator, value }: Constraint): boolean {
  return value !== '' && ['CLUSTER', 'LIKE', 'UNLIKE', 'IS'].includes(operator);
}

/** Writes the rule; returns its path, or null where Kubernetes has none like it. */
function writeRule({ draft }: Job, { operator, value }: Constraint, label: string): string | null {
  const pods = { 'transship.dev/app': draft.app, 'transship.dev/group': draft.container };
  const among = { labelSelector: { matchLabels: pods }, topologyKey: label };
  const apart = (): string =>
    draft.push(inPod('affinity', 'podAntiAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'), among);
  switch (operator) {
    case 'UNIQUE':
      return apart();
    case 'MAX_PER':
      return value === '1' ? apart() : null;
    case 'CLUSTER':
      return value === ''
        ? draft.push(inPod('affinity', 'podAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'), among)
        : nodes(draft, { key: label, operator: 'In', values: [value] });
    case 'IS':
      return nodes(draft, { key: label, operator: 'In', values: [value] });
    case 'LIKE':
    case 'UNLIKE': {
      const values = alternatives(value);
      return values === null
        ? null
        : nodes(draft, { key: label, operator: operator === 'LIKE' ? 'In' : 'NotIn', values });
    }
    case 'GROUP_BY': {
      const least = Number(value);
      return draft.push(inPod('topologySpreadConstraints'), {
        maxSkew: 1,
        ...among,
        whenUnsatisfiable: 'DoNotSchedule',
        ...(Number.isInteger(least) && least > 1 ? { minDomains: least } : {}),
      });
    }
    default:
      return null;
  }
}

/** One more thing that nodes have to be: all of one term have to hold. Null where no label may have such a value. */
function nodes(draft: Job['draft'], expression: { key: string; operator: string; values: string[] }): string | null {
  if (expression.values.some((value) => value === '' || !LABEL_VALUE.test(value))) return null;
  const terms = inPod(
    'affinity',
    'nodeAffinity',
    'requiredDuringSchedulingIgnoredDuringExecution',
    'nodeSelectorTerms',
    0,
    'matchExpressions',
  );
  return draft.push(terms, expression);
}

/** The words that a regular expression matches, where it is nothing but words: `rack-1|rack-2`. */
function alternatives(pattern: string): string[] | null {
  const words = pattern.replace(/^\((.*)\)$/, '$1').split('|');
  const plain = words.map((word) => word.replaceAll('\\.', '.').replaceAll('\\-', '-'));
  return words.every((word) => /^(?:[-\w]|\\[.-])+$/.test(word)) ? plain : null;
}
