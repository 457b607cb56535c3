import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differenceOf } from '../../../src/drivers/azset/kubernetes/difference.ts';
import type { Template } from '../../../src/drivers/kubernetes/resources.ts';

const base: Template = {
  metadata: { labels: { a: '1' }, annotations: {} },
  spec: {
    containers: [
      { name: 'web', image: 'r/web@sha256:1', env: [{ name: 'A', value: '1' }], args: ['x', 'y'] },
      { name: 'side', image: 'r/side@sha256:1' },
    ],
    initContainers: [{ name: 'init', image: 'r/init@sha256:1' }],
    terminationGracePeriodSeconds: 30,
  },
};

/** A copy with a change. */
function but(change: (copy: Template) => void): Template {
  const copy = structuredClone(base);
  change(copy);
  return copy;
}

const at = <T>(list: T[] | undefined, index: number): T => {
  const value = list?.[index];
  if (value === undefined) throw new Error('not there');
  return value;
};

test.each<[string, Template, ReturnType<typeof differenceOf>]>([
  ['nothing', but(() => undefined), { change: 'none', reasons: [] }],
  ['null for absent', but((t) => (t.spec['hostname'] = null)), { change: 'none', reasons: [] }],
  ['an image', but((t) => (at(t.spec.containers, 0).image = 'r/web@sha256:2')), { change: 'in-place', reasons: [] }],
  [
    'a label and an annotation',
    but((t) => (t.metadata = { labels: { b: '2' }, annotations: { c: '3' } })),
    { change: 'in-place', reasons: [] },
  ],
  ['the order of containers', but((t) => t.spec.containers.reverse()), { change: 'none', reasons: [] }],
  [
    'a value of env',
    but((t) => (at(t.spec.containers, 0)['env'] = [{ name: 'A', value: '2' }])),
    { change: 'recreate', reasons: ['spec.containers[web].env[A].value'] },
  ],
  [
    'an argument',
    but((t) => (at(t.spec.containers, 0)['args'] = ['x', 'z'])),
    { change: 'recreate', reasons: ['spec.containers[web].args[1]'] },
  ],
  [
    'an init container',
    but((t) => (at(t.spec.initContainers, 0).image = 'r/init@sha256:2')),
    { change: 'recreate', reasons: ['spec.initContainers[init].image'] },
  ],
  [
    'a container more',
    but((t) => t.spec.containers.push({ name: 'new', image: 'i' })),
    { change: 'recreate', reasons: ['spec.containers[new]'] },
  ],
  ['a container less', but((t) => t.spec.containers.pop()), { change: 'recreate', reasons: ['spec.containers[side]'] }],
  [
    'a container renamed',
    but((t) => (at(t.spec.containers, 1).name = 'other')),
    { change: 'recreate', reasons: ['spec.containers[side]', 'spec.containers[other]'] },
  ],
  [
    'an image and the pod',
    but((t) => ((at(t.spec.containers, 0).image = 'x'), (t.spec['hostNetwork'] = true))),
    { change: 'recreate', reasons: ['spec.hostNetwork'] },
  ],
  [
    'a field of metadata that pods cannot take',
    but((t) => (t.metadata = { ...t.metadata, finalizers: ['x'] })),
    { change: 'recreate', reasons: ['metadata.finalizers'] },
  ],
])('%s', (_name, to, expected) => {
  expect(differenceOf(base, to)).toEqual(expected);
});

test('a template never differs from itself, and a difference is one both ways', () => {
  const template: fc.Arbitrary<Template> = fc
    .tuple(fc.dictionary(fc.constantFrom('a', 'b'), fc.string()), fc.jsonValue())
    .map(([labels, extra]) => ({ metadata: { labels }, spec: { containers: [{ name: 'web', image: 'i' }], extra } }));
  fc.assert(
    fc.property(template, template, (one, other) => {
      expect(differenceOf(one, structuredClone(one)).change).toBe('none');
      expect(differenceOf(one, other).change).toBe(differenceOf(other, one).change);
    }),
  );
});
