import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseFleet } from '../../../../src/domain/fleet.ts';
import { parseRule, type SyncRule } from '../../../../src/domain/sync/rule.ts';

/** Registries north, south, east, and south-edge as a replica. */
export const FLEET = parseFleet(
  `
fleet: demo
environments: [{ name: pro }]
idcs:
${['north', 'south', 'east']
  .map(
    (name, at) => `  - name: ${name}
    azs: [az-1]
    registry: { url: 'http://127.0.0.1:500${at}' }
    clusters: [{ name: ${name}-1, kind: kubernetes, kubeconfig: ${name}.yml }]${name === 'south' ? "\n    replicas: [{ name: south-edge, url: 'http://127.0.0.1:5009' }]" : ''}`,
  )
  .join('\n')}
catalogue: { url: 'postgres://db/x' }
`,
  {},
  'fleet.yml',
);

/** Text of the file of a rule that is right, with parts of it replaced. */
export function ruleText(change: object = {}): string {
  return stringify({ name: 'shop', from: 'north', to: ['south'], images: [{ repository: 'shop/**' }], ...change });
}

export const rule = (change: object = {}): SyncRule => parseRule(ruleText(change), FLEET, 'rule.yml');

/** A rule by its way and its images, `repository` or `repository:tag,!tag`: `way('a', 'north > south, east', 'shop/**:v*')`. */
export function way(name: string, line: string, ...images: string[]): SyncRule {
  const [from = '', to = ''] = line.split(' > ');
  const entries = images.map((image) => {
    const [repository = '', tags] = image.split(':');
    return { repository, ...(tags === undefined ? {} : { tags: tags.split(',') }) };
  });
  return rule({ name, from, to: to.split(', '), images: entries });
}

/** Words of a few letters, so that patterns often meet. */
const words = (...letters: string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...letters), { maxLength: 4 }).map((parts) => parts.join(''));

/** Globs over repositories: parts of few letters with stars. */
export const repositoryGlobs = fc
  .array(fc.oneof({ weight: 3, arbitrary: words('a', 'b', '*', '?', '-') }, fc.constant('**')), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => parts.map((part) => (part === '**' ? part : part.replaceAll('**', '*'))).join('/'));

export const tagGlobs = words('a', 'b', '.', '*', '?').map((text) => text.replaceAll('**', '*'));
