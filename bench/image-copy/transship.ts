// Transship as a process, as its peers are: with an order as its argument it carries that out and ends; without one it
// carries out what its parent sends, as a worker does that runs anyway.
import { RegistryClient } from '../../src/registry/client.ts';
import { Copier } from '../../src/registry/copy.ts';
import { headManifest, type Place } from '../../src/registry/manifest.ts';
import { listTags, moveTag } from '../../src/registry/tags.ts';

/** `source` and `destinations` are `host:port`. */
export interface Order {
  source: string;
  destinations: string[];
  repository: string;
  /** Copies this one; null: compares all tags, of which none may differ. */
  tag: string | null;
}

/** What an order came to; an error is a message. */
export interface Report {
  error: string | null;
}

const clients = new Map<string, RegistryClient>();
const copier = new Copier();

async function carryOut({ source, destinations, repository, tag }: Order): Promise<void> {
  const from = placeOf(source, repository);
  const to = destinations.map((host) => placeOf(host, repository));
  if (tag === null) await Promise.all(to.map((place) => compare(from, place)));
  else await copy(from, to, tag);
}

async function copy(source: Place, destinations: Place[], tag: string): Promise<void> {
  const digest = await headManifest(source, tag);
  if (digest === null) throw new Error(`there is no tag ${tag}`);
  const result = await copier.copy({ source, digest, destinations });
  for (const { error } of result.destinations) if (error !== null) throw error;
  await Promise.all(destinations.map((place) => moveTag(place, tag, digest)));
}

/** As a reconciler does: both ends are listed, and each tag is asked for at both. */
async function compare(source: Place, destination: Place): Promise<void> {
  const lists = await Promise.all([source, destination].map(tagsOf));
  const tags = [...new Set(lists.flat())];
  const pairs = await Promise.all(
    tags.map((tag) => Promise.all([headManifest(source, tag), headManifest(destination, tag)])),
  );
  const differing = tags.filter((_, at) => pairs[at]?.[0] !== pairs[at]?.[1]);
  if (tags.length === 0 || differing.length > 0) {
    throw new Error(`${differing.length} of ${tags.length} tags differ: ${differing.slice(0, 3).join(', ')}`);
  }
}

async function tagsOf(place: Place): Promise<string[]> {
  const tags: string[] = [];
  for await (const tag of listTags(place)) tags.push(tag);
  return tags;
}

function placeOf(host: string, repository: string): Place {
  let client = clients.get(host);
  if (client === undefined) clients.set(host, (client = new RegistryClient({ url: `http://${host}` })));
  return { client, repository };
}

const [order] = process.argv.slice(2);
if (order !== undefined) {
  await carryOut(JSON.parse(order) as Order);
  await Promise.all([...clients.values()].map((client) => client.close()));
} else {
  process.on('message', (sent) => {
    carryOut(sent as Order)
      .then(() => null)
      .catch((error: unknown) => String(error instanceof Error ? error.stack : error))
      .then((error) => process.send?.({ error } satisfies Report))
      .catch(() => process.exit(1));
  });
}
