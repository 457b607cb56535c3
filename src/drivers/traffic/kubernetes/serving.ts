import { setOf } from '../../../domain/member.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import { isServing, type Routes } from './routes.ts';

/** Members that the group's Service routes to. */
export async function servingMembers(routes: Routes, sets: AzSetRef[]): Promise<Set<string>> {
  const serving = new Set<string>();
  await Promise.all(
    [...new Set(sets.map(({ namespace }) => namespace))].map(async (namespace) => {
      const names = new Set(sets.filter((set) => set.namespace === namespace).map(({ name }) => name));
      const services = await routes.servicesFor(namespace, [...names]);
      const endpoints = await routes.endpointsOf(namespace, services);
      for (const endpoint of [...endpoints.values()].flat()) {
        const { kind, name = '' } = endpoint.targetRef ?? {};
        if (kind === 'Pod' && names.has(setOf(name)) && isServing(endpoint)) serving.add(name);
      }
    }),
  );
  return serving;
}
