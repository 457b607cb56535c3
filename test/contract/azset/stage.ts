import { expect, test } from 'vitest';
import type { Abilities } from '../abilities.ts';
import {
  codeOf,
  eachAnswerLost,
  eachChangeGuarded,
  eventually,
  memberOf,
  openGuard,
  patience,
  seen,
  standing,
  type Subject,
  type World,
} from '../world.ts';
import { bring } from './batch.ts';

/** How the next version is written without anything moving, and taken back. */
export function stageContract(world: () => World, can: Abilities): void {
  const stage = (subject: Subject, version = 'v2') =>
    world().azSets.stage(subject.set, world().spec(2, version), openGuard(), patience());
  const unstage = ({ set }: Subject) => world().azSets.unstage(set, openGuard(), patience());

  test('compare refuses what the system refuses, and a set that is not there', async () => {
    const { set } = await standing(world(), 1);
    const spec = world().spec(2, 'v2', { container: { terminationMessagePolicy: 'Shout' } });
    expect(await codeOf(world().azSets.compare(set, spec))).toMatchObject({ code: 'APP_INVALID' });
    const absent = world().newSubject();
    expect(await codeOf(world().azSets.compare(absent.set, world().spec(2, 'v2')))).toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('stage moves no instance, not even one that is reborn', async () => {
    const subject = await standing(world(), 2);
    const before = await seen(world(), subject);
    const staged = await stage(subject);
    expect(staged.previous.revision).toBe(before.updateRevision);
    expect(staged.previous.images).toEqual(before.instances[0]?.images);
    expect(staged.revision).not.toBe(before.updateRevision);

    await world().rebirth(await memberOf(world(), subject, 1));
    await eventually(async () => (await seen(world(), subject)).instances.every(({ ready }) => ready));
    const after = await seen(world(), subject);
    expect(after).toMatchObject({
      settled: false,
      updateRevision: staged.revision,
      currentRevision: staged.previous.revision,
    });
    expect(after.instances[0]?.uid).toBe(before.instances[0]?.uid);
    for (const instance of after.instances) {
      expect(instance).toMatchObject({ revision: staged.previous.revision, images: staged.previous.images });
    }
    expect(await world().starts(subject)).toEqual({ [`${subject.set.name}-1`]: ['v1'] });
  });

  test('staging again, and staging another version over it, keep the revision that was there at first', async () => {
    const subject = await standing(world(), 1);
    const first = await stage(subject);
    world().link.forget();
    expect(await stage(subject)).toEqual(first);
    expect(world().link.changes()).toEqual([]);
    const other = await stage(subject, 'v3');
    expect(other.previous).toEqual(first.previous);
    await unstage(subject);
    expect(await seen(world(), subject)).toMatchObject({ settled: true, updateRevision: first.previous.revision });
  });

  test('unstage brings the same revision back, with all of its metadata; it does nothing where nothing was staged', async () => {
    const subject = await standing(world(), 1);
    const before = await seen(world(), subject);
    await unstage(subject);
    expect(world().link.changes()).toEqual([]);
    await world().azSets.stage(subject.set, world().spec(2, 'v2', { labels: { a: 'b' } }), openGuard(), patience());
    await unstage(subject);
    const after = await seen(world(), subject);
    expect(after).toEqual(before);
    const { change } = await world().azSets.compare(subject.set, world().spec(1, 'v1'));
    expect(change).toBe('none');
    world().link.forget();
    await unstage(subject);
    expect(world().link.changes()).toEqual([]);
  });

  test('an instance is not brought in place to what only a new one can be', async () => {
    const subject = await standing(world(), 1);
    const spec = world().spec(2, 'v2', { container: { env: [{ name: 'A', value: '1' }] } });
    const target = await world().azSets.stage(subject.set, spec, openGuard(), patience());
    world().link.forget();
    const at = await memberOf(world(), subject, 0);
    const { code, message } = await codeOf(world().azSets.replace(at, target, openGuard(), patience()));
    expect(code).toBe('RECREATE_UNSUPPORTED');
    expect(message).toContain(can.inPlace ? 'spec.containers[web].env' : 'env.A');
    expect(world().link.changes()).toEqual([]);
  });

  test('a template that somebody else wrote is not written over, and its writer is named', async () => {
    const subject = await standing(world(), 1);
    await world().foreignChange(subject);
    world().link.forget();
    const compare = () => world().azSets.compare(subject.set, world().spec(2, 'v2'));
    for (const attempt of [() => stage(subject), compare]) {
      const { code, message } = await codeOf(attempt());
      expect(code).toBe('FOREIGN_TEMPLATE');
      expect(message).toContain(world().stranger);
    }
    expect(world().link.changes()).toEqual([]);
  });

  test('between a read and the write of stage somebody else writes: refused, not lost', async () => {
    const subject = await standing(world(), 1);
    world().link.beforeChange(() => world().foreignChange(subject));
    expect(await codeOf(stage(subject))).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
  });

  test('unstage waits for the instances to be brought back first', async () => {
    const subject = await standing(world(), 2);
    const staged = await stage(subject);
    const at = await memberOf(world(), subject, 1);
    await bring(world, can, [at], staged);
    const { code, message } = await codeOf(unstage(subject));
    expect(code).toBe('REVISION_IN_USE');
    expect(message).toContain(at.member);
    await bring(world, can, [await memberOf(world(), subject, 1)], staged.previous);
    await unstage(subject);
    expect(await seen(world(), subject)).toMatchObject({ updateRevision: staged.previous.revision });
  });

  test('stage and unstage survive the loss of any answer', async () => {
    await eachAnswerLost(
      world(),
      () => standing(world(), 1),
      (subject) => stage(subject),
      async (subject) => {
        const { updateRevision, currentRevision } = await seen(world(), subject);
        expect(await stage(subject)).toMatchObject({
          revision: updateRevision,
          previous: { revision: currentRevision },
        });
      },
    );
    const staged = async (): Promise<Subject> => {
      const subject = await standing(world(), 1);
      await stage(subject);
      return subject;
    };
    await eachAnswerLost(world(), staged, unstage, async (subject) => {
      expect(await seen(world(), subject)).toMatchObject({ settled: true });
    });
  });

  test('every change of stage and unstage is guarded', async () => {
    const subject = await standing(world(), 1);
    const same = (): Promise<Subject> => Promise.resolve(subject);
    await eachChangeGuarded(world(), same, ({ set }, guard) =>
      world().azSets.stage(set, world().spec(2, 'v2'), guard, patience()),
    );
    await eachChangeGuarded(world(), same, ({ set }, guard) => world().azSets.unstage(set, guard, patience()));
  });
}
