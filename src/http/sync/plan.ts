import { registriesOf } from '../../domain/registries.ts';
import { planSync, waysOf, type ImageWanted } from '../../domain/sync/by-hand.ts';
import { parseImage } from '../../registry/reference.ts';
import type { ApiContext } from '../context.ts';
import type { StartSync, SyncPlan } from '../schemas/sync.ts';
import { lookAtImages } from '../temporal/plan.ts';
import { registriesNamed } from './registries.ts';

/**
 * What bringing an image would do, by what the registries have now. Reads only.
 * @throws TransshipError REQUEST_INVALID; any of planSync and of lookAtImages
 */
export async function planImage(
  { fleet, catalogue, temporal }: Pick<ApiContext, 'fleet' | 'catalogue' | 'temporal'>,
  request: StartSync,
): Promise<SyncPlan> {
  const { from, to, platforms, referrers } = request;
  const image = parseImage(request.image);
  if (image === null) throw new Error(`${request.image} has passed its schema and is no image`);
  const { repository, tag, digest } = image;
  if (from !== undefined) registriesNamed(fleet, [from], 'from');
  if (to !== undefined) registriesNamed(fleet, to, 'to');
  const as = request.tag ?? tag;
  const wanted: ImageWanted = { repository, tag, digest, as, from, to };
  const rules = (await catalogue.syncRules.list()).map(({ rule }) => rule);
  const registries = registriesOf(fleet);
  const ways = waysOf(
    rules,
    wanted,
    registries.map(({ name }) => name),
  );
  const asked = new Set([...ways.sources, ...ways.to]);
  const looks = await lookAtImages(temporal, {
    repository,
    references: [...new Set([tag ?? digest ?? '', as].filter((one) => one !== null))],
    registries: registries.filter(({ name }) => asked.has(name)).map(({ name, idc }) => ({ name, idc })),
  });
  const plan = planSync(rules, wanted, ways, new Map(looks.map((look) => [look.registry, look])));
  const own = { ...(platforms === undefined ? {} : { platforms }), ...(referrers === undefined ? {} : { referrers }) };
  return {
    repository,
    digest: plan.digest,
    tag: as,
    from: plan.from,
    to: plan.to.map((one) => ({
      ...one,
      ...own,
      idc: registries.find(({ name }) => name === one.registry)?.idc ?? '',
    })),
    missing: ways.missing,
  };
}
