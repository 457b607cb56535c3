import type { Fleet } from '../fleet.ts';
import { type Fault, type Part, repeated } from '../input/fault.ts';
import { suggest } from '../input/near.ts';
import { registriesOf } from '../registries.ts';
import { isExclusion } from './patterns.ts';

/** How a sync rule must agree with the fleet and with itself. Parts that are missing or malformed are passed over. */
export function checkRule(root: Part, fleet: Pick<Fleet, 'idcs'>): Fault[] {
  const [from, to] = [root.get('from'), root.get('to').items()];
  return [
    ...[from, ...to].flatMap((part) => known(part, fleet)),
    ...to
      .filter(({ text }) => text !== undefined && text === from.text)
      .map((part) => part.fault('is where the images come from', 'a rule brings them to other registries')),
    ...repeated(to, 'registry'),
    ...repeated(root.get('platforms').items(), 'platform'),
    ...images(root.get('images')),
    ...windows(root),
  ];
}

function known(part: Part, fleet: Pick<Fleet, 'idcs'>): Fault[] {
  const names = registriesOf(fleet).map(({ name }) => name);
  if (part.text === undefined || names.includes(part.text)) return [];
  return [part.fault(`no registry ${JSON.stringify(part.text)} in the fleet file`, suggest(part.text, names))];
}

function images(part: Part): Fault[] {
  const out = part.items().filter((entry) => isExclusion(entry.get('repository').text ?? ''));
  const withTags = out.map((entry) => entry.get('tags')).filter(({ present }) => present);
  return [
    ...withTags.map((tags) =>
      tags.fault('has no place at repositories that are taken out', 'put "!…" into the tags of the other entries'),
    ),
    ...(out.length > 0 && out.length === part.items().length
      ? [part.fault('only takes out', 'say which repositories are to be brought: { repository: "**" } is all')]
      : []),
  ];
}

/** What has no effect was meant otherwise. */
function windows(root: Part): Fault[] {
  const given = root.get('windows');
  if (!given.present || root.get('priority').text === 'low') return [];
  return [given.fault('count with priority low only', 'write "priority: low" too, or leave them out')];
}
