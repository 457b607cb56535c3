import { TransshipError } from '../../domain/errors.ts';
import { parseGate } from '../../domain/gates.ts';
import type { Actor } from '../../domain/types.ts';
import type { ReleaseAppInput, ReleasePlan, Stage } from '../../temporal/messages.ts';
import { releaseWorkflowId } from '../../temporal/names.ts';
import type { ApiContext } from '../context.ts';
import type { PromotionRequest } from '../schemas/promotion.ts';
import type { Accepted, ReleaseRequest } from '../schemas/release.ts';
import { dryRunRelease } from './accept.ts';
import { acceptOnce } from './once.ts';
import { appDefinition } from './targets.ts';

/** What a promotion asks for in each of its environments. It waits for its turn there: nobody sees it coming. */
type StageRequest = ReleaseRequest & { onBusy: 'queue' };

/** What it would do in each environment as they are now. */
export async function dryRunPromotion(context: ApiContext, request: PromotionRequest): Promise<ReleasePlan> {
  const stages = await stagesOf(context, request);
  const plans = await Promise.all(stages.map((stage) => dryRunRelease(context, stage.request)));
  const { app, version } = request;
  return { app, version, env: envText(stages), groups: plans.flatMap(({ groups }) => groups) };
}

/**
 * Accepts a promotion: a release in one environment after the other, with gates between.
 * @throws TransshipError APP_UNKNOWN, ENVIRONMENT_UNKNOWN, GROUP_UNKNOWN, VERSION_DISABLED; of the plan of each environment
 */
export async function promote(
  context: ApiContext,
  request: PromotionRequest,
  actor: Actor,
  key: string | undefined,
): Promise<Accepted> {
  const write = async (id: string): Promise<void> => writePromotion(context, request, actor, id);
  return acceptOnce(context, { request: { promote: request }, actor, key, write });
}

async function writePromotion(context: ApiContext, request: PromotionRequest, actor: Actor, id: string): Promise<void> {
  const { app, version } = request;
  const { fleet, catalogue, temporal, policy } = context;
  const stages = await stagesOf(context, request);
  // What could not be released anywhere is refused before anything moves.
  await dryRunPromotion(context, request);
  const { limits } = fleet;
  const { gateHours = limits.gateHours, remindHours = limits.remindHours } = request.config ?? {};
  const env = envText(stages);
  const input: ReleaseAppInput = {
    ...{ operation: id, env, app, version, actor, groups: [], stages, config: { gateHours, remindHours } },
    ...(policy === undefined ? {} : { policy }),
  };
  const row = {
    ...({
      id,
      kind: 'releaseApp',
      root: id,
      env,
      app,
      group: null,
      version,
      flavor: 'promote',
      corrects: null,
    } as const),
    ...{ namespace: temporal.namespace, workflowId: releaseWorkflowId(id), input, actor },
  };
  await catalogue.operations.create([row]);
}

/** @throws APP_UNKNOWN, ENVIRONMENT_UNKNOWN, GROUP_UNKNOWN */
async function stagesOf(
  context: ApiContext,
  { app, version, envs, groups, joined, promote: asked, config }: PromotionRequest,
): Promise<(Stage & { request: StageRequest })[]> {
  const { environments } = context.fleet;
  const definition = await appDefinition(context, app);
  const here = (env: string): string[] =>
    definition.groups
      .filter(({ environment, name }) => environment === env && (groups === undefined || groups.includes(name)))
      .map(({ name }) => name);
  const chosen = envs ?? environments.map(({ name }) => name).filter((env) => here(env).length > 0);
  const known = environments.map(({ name }) => name);
  const unknown = chosen.filter((env) => !known.includes(env));
  if (unknown.length > 0) {
    const message = `no environment ${unknown.join(', ')} in the fleet file, which has ${known.join(', ')}`;
    throw new TransshipError('ENVIRONMENT_UNKNOWN', message);
  }
  const empty = chosen.filter((env) => here(env).length === 0);
  if (empty.length > 0 || chosen.length === 0) {
    const which = groups === undefined ? 'no group' : `none of ${groups.join(', ')}`;
    throw new TransshipError('GROUP_UNKNOWN', `app ${app} has ${which} in ${empty.join(', ') || 'any environment'}`);
  }
  return chosen.map((env) => {
    const gate = asked ?? environments.find(({ name }) => name === env)?.promote ?? 'manual';
    const request: StageRequest = {
      ...{ app, env, version, onBusy: 'queue' },
      ...(groups === undefined ? {} : { groups: here(env) }),
      ...(joined === undefined ? {} : { joined }),
      ...(config === undefined ? {} : { config }),
    };
    return { env, gate: parseGate(gate), request };
  });
}

function envText(stages: Stage[]): string {
  return stages.map(({ env }) => env).join(' → ');
}
