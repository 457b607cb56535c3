import { Context } from '@temporalio/activity';
import { ERRORS, TransshipError } from '../domain/errors.ts';
import type { Fleet } from '../domain/fleet.ts';
import { hookUrlOf, registriesOf } from '../domain/registries.ts';
import type { Connection, Finding } from '../domain/sync/connection.ts';
import type { RegistryClient } from '../registry/client.ts';
import { RegistryError } from '../registry/errors.ts';
import { connectHarbor } from './connect-harbor.ts';
import { connectOther } from './connect-other.ts';
import type { ConnectInput } from './connecting.ts';
import { toFailure } from './failures.ts';

/** Somebody waits for it: less than planningStep allows. */
const CONNECT_MS = 8_000;

/** Whether registries of one IDC are as sync rules need them. Secrets stay in the worker: it has them from the fleet file. */
export function connectActivities(clientOf: (registry: string) => RegistryClient, fleet: Pick<Fleet, 'idcs' | 'api'>) {
  return {
    /** Looks at a registry; what keeps it from telling is a finding, too. Asked again it changes nothing more. */
    connectRegistry: async ({ registry: name, rules, apply }: ConnectInput): Promise<Connection> => {
      const { cancellationSignal } = Context.current();
      const late = AbortSignal.timeout(CONNECT_MS);
      const registries = registriesOf(fleet);
      const registry = registries.find((one) => one.name === name);
      try {
        if (registry === undefined) {
          throw new TransshipError('FLEET_INVALID', `the fleet file of this worker has no registry "${name}"`);
        }
        const signal = AbortSignal.any([cancellationSignal, late]);
        const hookUrl = hookUrlOf(fleet, name);
        const connecting = { registry, rules, apply, client: clientOf(name), registries, hookUrl, signal };
        const findings = await (registry.kind === 'harbor' ? connectHarbor(connecting) : connectOther(connecting));
        return { registry: name, findings };
      } catch (error) {
        if (cancellationSignal.aborted) throw toFailure(error);
        const slow = new RegistryError('REGISTRY_UNREACHABLE', `${name} did not answer in ${CONNECT_MS / 1_000} s`);
        const why = late.aborted ? slow : error;
        if (!(why instanceof TransshipError)) throw toFailure(why);
        return { registry: name, findings: [refusedBy(why, 'registry')] };
      }
    },
  };
}

export type ConnectActivities = ReturnType<typeof connectActivities>;

/** What an error of a registry says of what was asked. */
function refusedBy({ code, message }: TransshipError, about: string): Finding {
  return { about, state: 'wrong', message: `${code}: ${message}`, next: ERRORS[code].next };
}
