import type { Link } from '../contract/world.ts';
import type { HttpCall, HttpLink } from './http-link.ts';

/** Ways to one system as tests of the contract see them: as one. Changes go by the first. */
export function linkOf(links: readonly [HttpLink, ...HttpLink[]]): Link {
  const [first] = links;
  const calls = (): HttpCall[] => links.flatMap((link) => link.calls);
  const text = ({ method, path }: HttpCall): string => `${method} ${path}`;
  return {
    changes: () => first.calls.filter(({ mutates }) => mutates).map(text),
    calls: () =>
      calls()
        .filter((call) => !isStream(call))
        .map(text),
    forget: () => {
      for (const link of links) link.calls.splice(0);
    },
    loseAnswer: (n) => {
      let seen = 0;
      first.befall('loseAnswer', ({ mutates }) => mutates && seen++ === n);
    },
    beforeChange: (act, isIt = () => true) => first.before((call) => call.mutates && isIt(text(call)), act),
    cut: () => {
      for (const link of links) link.cut();
    },
    mend: () => {
      for (const link of links) link.mend();
    },
  };
}

/** It only wakes whoever waits: a watch of Kubernetes, the events of Marathon. */
function isStream({ path, query }: HttpCall): boolean {
  return query.has('watch') || path === '/v2/events';
}
