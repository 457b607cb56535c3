import type { MesosOffer } from '../../mesos/types.ts';
import { firstReason, type Reason } from './reasons.ts';

export interface UnusedOffer {
  offer: MesosOffer;
  reasons: Reason[];
  at: number;
}

/** What came of the offers that an app was shown (OfferMatchStatistics.scala). */
export class OfferStatistics {
  processed = 0;
  unused = 0;
  lastUsedAt: number | null = null;
  lastUnusedAt: number | null = null;
  /** Refused offers by the first reason, since the app began to want any. */
  readonly rejected = new Map<Reason, number>();
  /** The last refused offer of each agent. */
  readonly lastUnused = new Map<string, UnusedOffer>();

  matched(): void {
    this.processed += 1;
    this.lastUsedAt = Date.now();
  }

  refused(offer: MesosOffer, reasons: Reason[]): void {
    const at = Date.now();
    this.processed += 1;
    this.unused += 1;
    this.lastUnusedAt = at;
    this.lastUnused.set(offer.agentId, { offer, reasons, at });
    const reason = firstReason(reasons);
    if (reason) this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + 1);
  }
}
