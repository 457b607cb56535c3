// What an import writes, made an app of Marathon again: docs/importing.md, "Released on Marathon".
import { expect, test } from 'vitest';
import { formatPath, Part } from '../../../src/domain/input/fault.ts';
import { renderTemplate } from '../../../src/domain/marathon/render/template.ts';
import { marathonApp, translate } from './marathon-fixtures.ts';

const APP = marathonApp({
  cmd: 'exec serve --cost $5 "$PORT0"',
  env: { MODE: 'a$(b)', HOME: '/srv' },
  labels: { tier: 'front', HAPROXY_GROUP: 'external' },
  disk: 512,
  taskKillGracePeriodSeconds: 20,
});

test('of a usual app nothing but HOST is refused, and what it runs and asks for is the same', () => {
  const template = translate(APP).definition.groups[0]?.template;
  const { rendered, faults } = renderTemplate(new Part(template));
  const env = new Part(template).get('spec').get('containers').items()[0]?.get('env').items() ?? [];
  const at = env.findIndex((variable) => variable.get('name').text === 'HOST');
  expect(faults.map(({ path }) => formatPath(path))).toEqual([`spec.containers[0].env[${at}].valueFrom`]);
  expect(rendered.fields).toMatchObject({
    cmd: `/bin/sh -c 'exec serve --cost $5 "$PORT0"'`,
    env: { MODE: 'a$(b)', HOME: '/srv', PORT0: '8080' },
    cpus: 0.5,
    mem: 256,
    disk: 512,
    labels: { tier: 'front' },
    taskKillGracePeriodSeconds: 20,
  });
  expect(rendered.fields['labels']).not.toHaveProperty('HAPROXY_GROUP');
  expect(rendered.ports).toMatchObject([{ containerPort: 8080, protocol: 'tcp' }]);
});
