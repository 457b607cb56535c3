import { describe, expect, it, test } from 'vitest';
import { changeConfig, changesFault } from '../../../src/domain/config.ts';
import { gatesSchema, resolveGates } from '../../../src/domain/gates.ts';
import type { ReleaseConfig } from '../../../src/domain/types.ts';

const atOnce = { mode: 'automatic', soakSeconds: 0 };

describe('gates', () => {
  it('are open where nobody says otherwise', () => {
    const gates = { smoke: atOnce, bake: atOnce, rollout: atOnce, batch: 'automatic', finish: atOnce };
    expect(resolveGates()).toEqual(gates);
    expect(resolveGates(undefined, {})).toEqual(gates);
  });

  it('come from the last layer that speaks of them', () => {
    const environment = gatesSchema.parse({ bake: 'manual', rollout: '10m', batch: 'manual' });
    const release = gatesSchema.parse({ rollout: 'manual', batch: 'automatic', finish: '2h' });
    expect(resolveGates(environment, release)).toEqual({
      smoke: atOnce,
      bake: { mode: 'manual' },
      rollout: { mode: 'manual' },
      batch: 'automatic',
      finish: { mode: 'automatic', soakSeconds: 7_200 },
    });
  });

  it('may stand between waves, too; else that is one between batches', () => {
    expect(resolveGates(gatesSchema.parse({ wave: '1h' })).wave).toEqual({ mode: 'automatic', soakSeconds: 3_600 });
    expect(resolveGates(gatesSchema.parse({ batch: 'manual' })).wave).toBeUndefined();
  });

  test.each(['soon', '10', '10d', '-1m', '', 'Manual', '999999h', '1.5h'])('refuses "%s"', (text) => {
    expect(gatesSchema.safeParse({ bake: text }).success).toBe(false);
  });

  test.each([
    [{ batch: '10m' }, 'batch'],
    [{ deploy: 'manual' }, 'deploy'],
  ])('refuses %j', (gates, named) => {
    const { error } = gatesSchema.safeParse(gates);
    expect(JSON.stringify(error?.issues)).toContain(named);
  });
});

describe('knobs of a running release', () => {
  const config: ReleaseConfig = {
    batchPercent: 10,
    batchShares: [10, 20, 25, 25, 20],
    pauseSeconds: 60,
    drainSeconds: 2,
    gateHours: 24,
    gates: resolveGates({ batch: 'manual' }),
  };

  it('change one by one; a size of batches replaces the shares', () => {
    expect(changeConfig(config, { pauseSeconds: 0 })).toEqual({ ...config, pauseSeconds: 0 });
    expect(changeConfig(config, { batchPercent: 50 })).toEqual({ ...config, batchShares: undefined, batchPercent: 50 });
    expect(changeConfig(config, { batchPercent: 20, batchShares: [20, 25, 25, 30] }).batchShares).toHaveLength(4);
    const manual = { mode: 'manual' } as const;
    expect(changeConfig(config, { gates: { finish: manual } }).gates).toEqual({ ...config.gates, finish: manual });
  });

  test.each([
    [{}, 'nothing to change'],
    [{ batchPercent: 51 }, 'batchPercent must be 1 to 50'],
    [{ batchPercent: 'many' }, 'batchPercent must be 1 to 50'],
    [{ pauseSeconds: -1 }, 'pauseSeconds must be 0 to 1800'],
    [{ speed: 9 }, 'no knob speed'],
    [{ batchShares: '10%' }, 'batchShares must be a list of percentages'],
    [{ batchShares: [50, 'rest'] }, 'batchShares must be a list of percentages'],
    [{ ignoreIgnition: 'yes' }, 'ignoreIgnition must be true or false'],
    [{ pointOfNoReturn: 'batch' }, 'pointOfNoReturn must be smoke, bake, rollout'],
    [{ waves: 'rack' }, 'waves must be none, idc, az'],
    [{ onWaveFailure: 'hope' }, 'onWaveFailure must be stop or continue'],
    [{ gates: 'manual' }, 'gates must be an object'],
    [{ gates: { bake: 'manual' } }, 'gates.bake must be a gate'],
    [{ gates: { bake: { mode: 'automatic' } } }, 'gates.bake must be a gate'],
    [{ gates: { batch: 5 } }, 'gates.batch must be a gate'],
    [{ gates: { deploy: { mode: 'manual' } } }, 'gates.deploy must be a gate'],
  ])('sent past the API, %j is refused: %s', (changes, fault) => {
    expect(changesFault(changes as Parameters<typeof changesFault>[0])).toBe(fault);
  });

  it('sent past the API, good ones are taken', () => {
    expect(
      changesFault({
        ...{ batchPercent: 50, batchShares: [50, 50], ignoreIgnition: true, pointOfNoReturn: 'bake' },
        gates: { batch: 'manual', bake: { mode: 'manual' }, finish: { mode: 'automatic', soakSeconds: 60 } },
      }),
    ).toBeNull();
  });
});
