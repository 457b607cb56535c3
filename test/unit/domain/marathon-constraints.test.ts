import { describe, expect, test } from 'vitest';
import { findingOf, leftTo, marathonApp, podOf, translate } from './marathon-fixtures.ts';

const pods = { matchLabels: { 'transship.dev/app': 'shop-web', 'transship.dev/group': 'web' } };
const RACK = { nodeLabels: { rack: 'example.com/rack' } };
const among = (topologyKey: string): object => ({ labelSelector: pods, topologyKey });
const nodes = (...matchExpressions: object[]): object => ({
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
});
const apart = (key: string): object => ({
  podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [among(key)] },
});

const constrained = (...constraints: unknown[]): object => marathonApp({ constraints });

describe('about hosts', () => {
  test.each([[['hostname', 'UNIQUE']], [['@hostname', 'UNIQUE', '']], [['hostname', 'MAX_PER', '1']]])(
    '%j keeps the pods of the group apart',
    (constraint) => {
      const translation = translate(constrained(constraint));
      expect(podOf(translation)['affinity']).toEqual(apart('kubernetes.io/hostname'));
      expect(leftTo(translation)).toEqual([]);
    },
  );

  test('GROUP_BY spreads them, over so many at least', () => {
    expect(podOf(translate(constrained(['hostname', 'GROUP_BY', '3'])))['topologySpreadConstraints']).toEqual([
      { maxSkew: 1, ...among('kubernetes.io/hostname'), whenUnsatisfiable: 'DoNotSchedule', minDomains: 3 },
    ]);
  });

  test('CLUSTER keeps them together', () => {
    expect(podOf(translate(constrained(['hostname', 'CLUSTER'])))['affinity']).toEqual({
      podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [among('kubernetes.io/hostname')] },
    });
  });

  test('names of hosts are a person’s, unless an option says that they stay', () => {
    const app = constrained(['hostname', 'CLUSTER', 'host-1']);
    expect(leftTo(translate(app))).toEqual(['constraints[0]: hosts']);
    expect(findingOf(translate(app), 'constraints[0]').note).toContain('--node-label hostname=kubernetes.io/hostname');
    const kept = translate(app, { nodeLabels: { hostname: 'kubernetes.io/hostname' } });
    expect(podOf(kept)['affinity']).toEqual(
      nodes({ key: 'kubernetes.io/hostname', operator: 'In', values: ['host-1'] }),
    );
    expect(leftTo(kept)).toEqual([]);
  });
});

describe('about attributes', () => {
  test('without a label of the nodes they are a person’s', () => {
    const translation = translate(constrained(['rack', 'CLUSTER', 'r1']));
    expect(leftTo(translation)).toEqual(['constraints[0]: hosts']);
    expect(findingOf(translation, 'constraints[0]').note).toContain('--node-label rack=LABEL');
    expect(podOf(translation)).not.toHaveProperty('affinity');
  });

  test.each([
    [['rack', 'CLUSTER', 'r1'], { operator: 'In', values: ['r1'] }],
    [['rack', 'IS', 'r1'], { operator: 'In', values: ['r1'] }],
    [['rack', 'LIKE', 'r1|r2'], { operator: 'In', values: ['r1', 'r2'] }],
    [['rack', 'LIKE', '(r1|r\\.2)'], { operator: 'In', values: ['r1', 'r.2'] }],
    [['rack', 'UNLIKE', 'r1'], { operator: 'NotIn', values: ['r1'] }],
  ])('%j', (constraint, expression) => {
    const translation = translate(constrained(constraint), RACK);
    expect(podOf(translation)['affinity']).toEqual(nodes({ key: 'example.com/rack', ...expression }));
    expect(leftTo(translation)).toEqual([]);
  });

  test('all of them have to hold', () => {
    const nodeLabels = { rack: 'example.com/rack', platform: 'example.com/platform' };
    const translation = translate(
      constrained(['platform', 'CLUSTER', 'foo'], ['rack', 'LIKE', 'a|b'], ['rack', 'UNIQUE']),
      { nodeLabels },
    );
    expect(podOf(translation)['affinity']).toEqual({
      ...nodes(
        { key: 'example.com/platform', operator: 'In', values: ['foo'] },
        { key: 'example.com/rack', operator: 'In', values: ['a', 'b'] },
      ),
      ...apart('example.com/rack'),
    });
  });

  test.each([
    [['rack', 'LIKE', 'r[1-3]']],
    [['rack', 'UNLIKE', '.*']],
    [['rack', 'LIKE']],
    [['rack', 'MAX_PER', '2']],
    [['rack', 'IS', '{a,b}']],
    [['rack', 'NEAR', 'r1']],
  ])('%j has no rule like it', (constraint) => {
    const translation = translate(constrained(constraint), RACK);
    expect(leftTo(translation)).toEqual(['constraints[0]: hosts']);
    expect(podOf(translation)).not.toHaveProperty('affinity');
  });
});

test('zones are the placement’s: spread where there are several places', () => {
  expect(leftTo(translate(constrained(['@zone', 'GROUP_BY'])))).toEqual([]);
  const one = { places: [{ cluster: 'north-1', az: 'az-1' }] };
  expect(leftTo(translate(constrained(['@zone', 'GROUP_BY']), one))).toEqual(['constraints[0]: hosts']);
  expect(leftTo(translate(constrained(['@zone', 'IS', 'z'], ['@region', 'GROUP_BY'])))).toEqual([
    'constraints[0]: hosts',
    'constraints[1]: hosts',
  ]);
});

test('what is no constraint is a person’s', () => {
  expect(leftTo(translate(constrained(['rack'], 'rack', ['a', 'IS', 'b', 'c'])))).toEqual([
    'constraints[0][0]: malformed',
    'constraints[1]: malformed',
    ...[0, 1, 2, 3].map((at) => `constraints[2][${at}]: malformed`),
  ]);
});
