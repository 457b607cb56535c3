import { showApp } from '../app/show.ts';
import type { App } from '../app/types.ts';
import type { MesosOffer } from '../../mesos/types.ts';
import { iso } from '../stamps.ts';
import type { Instance } from '../types.ts';
import type { LaunchQueue } from './queue.ts';
import { firstReason, REASONS, type Reason } from './reasons.ts';
import { OfferStatistics } from './statistics.ts';

/** One entry of `/v2/queue` (raml/QueueInfoConversion.scala). @param waiting instances of the app that have no place yet */
export function showQueued(
  app: App,
  waiting: Instance[],
  queue: LaunchQueue,
  withUnusedOffers: boolean,
): Record<string, unknown> {
  const statistics = queue.statistics.get(app.id) ?? new OfferStatistics();
  const unused = [...statistics.lastUnused.values()];
  const deadline = queue.delays.deadline(app);
  const left = deadline === null ? 0 : Math.trunc((deadline - Date.now()) / 1000);
  const lastOffers = new Map<Reason, number>();
  for (const { reasons } of unused) {
    const reason = firstReason(reasons);
    if (reason) lastOffers.set(reason, (lastOffers.get(reason) ?? 0) + 1);
  }
  return {
    count: waiting.length,
    role: app.role,
    delay: { timeLeftSeconds: Math.max(0, left), overdue: deadline === null || left < 0 },
    since: iso(Math.min(...waiting.map((instance) => queue.waitingSince(instance) ?? Date.now()))),
    processedOffersSummary: {
      processedOffersCount: statistics.processed,
      unusedOffersCount: statistics.unused,
      ...(statistics.lastUnusedAt === null ? {} : { lastUnusedOfferAt: iso(statistics.lastUnusedAt) }),
      ...(statistics.lastUsedAt === null ? {} : { lastUsedOfferAt: iso(statistics.lastUsedAt) }),
      rejectSummaryLastOffers: funnel(unused.length, lastOffers),
      rejectSummaryLaunchAttempt: funnel(statistics.processed, statistics.rejected),
    },
    ...(withUnusedOffers
      ? {
          lastUnusedOffers: unused.map(({ offer, reasons, at }) => ({
            offer: showOffer(offer),
            reason: reasons,
            timestamp: iso(at),
          })),
        }
      : {}),
    app: showApp(app),
  };
}

/** Each reason is looked at only for offers that the ones before it let through. */
function funnel(offers: number, declined: ReadonlyMap<Reason, number>): object[] {
  let left = offers;
  return REASONS.map((reason) => {
    const processed = left;
    left -= declined.get(reason) ?? 0;
    return { reason, declined: declined.get(reason) ?? 0, processed };
  });
}

function showOffer({ id, agentId, hostname, resources, attributes, role }: MesosOffer): Record<string, unknown> {
  const scalar = (name: string, value: number) => ({ name, scalar: value, ranges: [], set: [], role });
  return {
    id,
    agentId,
    hostname,
    resources: [
      scalar('cpus', resources.cpus),
      scalar('mem', resources.mem),
      scalar('disk', resources.disk),
      scalar('gpus', resources.gpus),
      { name: 'ports', ranges: resources.ports.map(([begin, end]) => ({ begin, end })), set: [], role },
    ],
    attributes: Object.entries(attributes).map(([name, text]) => ({ name, text, ranges: [], set: [] })),
  };
}
