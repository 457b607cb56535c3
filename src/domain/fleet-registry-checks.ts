import { type Fault, formatPath, type Part, repeated } from './input/fault.ts';
import { suggest } from './input/near.ts';

/** How the registries of a fleet file, and the links between its IDCs, must agree. */
export function checkRegistries(root: Part): Fault[] {
  const idcs = root.get('idcs').items();
  const replicas = idcs.flatMap((idc) => idc.get('replicas').items());
  const registries = idcs.flatMap((idc) => [idc.get('registry'), ...idc.get('replicas').items()]);
  return [
    ...urls(idcs),
    ...repeated(
      replicas.map((replica) => replica.get('name')),
      'registry name',
    ),
    ...replicas.flatMap((replica) => ownName(replica.get('name'), idcs)),
    ...registries.flatMap((registry) => credential(registry.get('credential'))),
    ...links(root.get('links').items(), idcs),
  ];
}

/**
 * IDCs are independent of each other only if each has a registry of its own, and a replica is one only if it is another
 * registry. Hosts may well call those of two IDCs by one name (`host`), resolved differently in each IDC.
 */
function urls(idcs: Part[]): Fault[] {
  const first = new Map<string, { url: Part; of: Part }>();
  return idcs.flatMap((of) =>
    [of.get('registry'), ...of.get('replicas').items()].flatMap((registry) => {
      const url = registry.get('url');
      if (url.text === undefined) return [];
      const key = url.text.toLowerCase().replace(/\/$/, '');
      const other = first.get(key);
      if (other === undefined) first.set(key, { url, of });
      if (other === undefined) return [];
      const same = `the same as ${formatPath(other.url.path)}`;
      return other.of === of
        ? [url.fault('is a registry of this IDC already', same)]
        : [url.fault('is the registry of another IDC', `${same}; each IDC has its own`)];
    }),
  );
}

/** The main registry of an IDC is called as the IDC is. */
function ownName(name: Part, idcs: Part[]): Fault[] {
  const idc = idcs.find((one) => one.get('name').text === name.text);
  if (name.text === undefined || idc === undefined) return [];
  const why = `${JSON.stringify(name.text)} is the main registry of an IDC, which has the name of its IDC`;
  return [name.fault(why, 'give the replica another name')];
}

function credential(part: Part): Fault[] {
  const [user, password, file] = [part.get('user'), part.get('password'), part.get('dockerConfig')];
  if (file.present) {
    const beside = [user, password].filter(({ present }) => present);
    return beside.map((one) => one.fault('is there beside dockerConfig', 'keep one of the two'));
  }
  if (user.present && password.present) return [];
  if (user.present) return [password.fault('is missing: a text', 'a user needs one: "${REGISTRY_PASSWORD}"')];
  if (password.present) return [user.fault('is missing: a text', 'whose password is it?')];
  return part.present ? [part.fault('is empty', 'say user and password, or dockerConfig')] : [];
}

function links(parts: Part[], idcs: Part[]): Fault[] {
  const known = idcs.flatMap((idc) => idc.get('name').text ?? []);
  const first = new Map<string, Part>();
  return parts.flatMap((link) => {
    const [from, to] = [link.get('from'), link.get('to')];
    const strangers = [from, to].flatMap((end) =>
      end.text === undefined || known.includes(end.text)
        ? []
        : [end.fault(`no IDC ${JSON.stringify(end.text)} in the fleet file`, suggest(end.text, known))],
    );
    if (strangers.length > 0 || from.text === undefined || to.text === undefined) return strangers;
    if (from.text === to.text) return [to.fault('is where it comes from', 'a link joins two IDCs')];
    const key = `${from.text} ${to.text}`;
    const other = first.get(key);
    if (other === undefined) first.set(key, link);
    if (other === undefined) return [];
    const hint = `first at ${formatPath(other.path)}; other amounts at other times are its "windows"`;
    return [link.fault(`the link from ${from.text} to ${to.text} is there twice`, hint)];
  });
}
