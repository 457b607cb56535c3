import { registriesOf } from '../../domain/registries.ts';
import type { Finding } from '../../domain/sync/connection.ts';
import type { ApiContext } from '../context.ts';
import type { ConnectRegistries, RegistryConnections } from '../schemas/connection.ts';
import { connectRegistries } from '../temporal/plan.ts';
import { registriesNamed } from './registries.ts';

/**
 * Whether registries are as the sync rules in force need them.
 * @param apply makes and mends what can be; otherwise it only looks
 * @throws TransshipError REQUEST_INVALID; any of connectRegistries
 */
export async function connect(
  { fleet, catalogue, temporal }: Pick<ApiContext, 'fleet' | 'catalogue' | 'temporal'>,
  { registries: wanted }: ConnectRegistries,
  apply: boolean,
): Promise<RegistryConnections> {
  const rules = (await catalogue.syncRules.list()).map(({ rule }) => rule);
  const all = registriesOf(fleet);
  const ruled = all
    .map(({ name }) => name)
    .filter((name) => rules.some(({ from, to }) => [from, ...to].includes(name)));
  const registries = registriesNamed(fleet, wanted ?? ruled, 'registries');
  const found = registries.length === 0 ? [] : await connectRegistries(temporal, { registries, rules, apply });
  const count = (state: Finding['state']): number =>
    found.flatMap(({ findings }) => findings).filter((finding) => finding.state === state).length;
  return {
    registries: found.map(({ registry, findings }) => {
      const { kind = 'distribution' } = all.find(({ name }) => name === registry) ?? {};
      return { registry, kind, findings };
    }),
    todo: count('todo'),
    wrong: count('wrong'),
  };
}
