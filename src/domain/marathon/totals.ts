import type { Imported } from './documents.ts';
import type { Finding } from './ledger.ts';
import { OUTCOMES, type Outcome, REASONS, type Reason } from './reasons.ts';

export interface Totals {
  apps: number;
  /** Apps of which nothing needs a person. */
  translated: number;
  fields: Record<Outcome, number>;
  /** The most frequent first, outcome by outcome; `apps`: in how many. */
  reasons: { outcome: Outcome; reason: Reason; fields: number; apps: number }[];
}

export const needsPerson = (findings: readonly Finding[]): boolean =>
  findings.some(({ outcome }) => outcome === 'needs a person');

/** Fields counted by what becomes of them, and why. Those of groups and pods count too, but are of no app. */
export function totalsOf({ apps, beside }: Imported): Totals {
  const all = [...apps, ...beside].flatMap(({ findings }) => findings);
  const count = (test: (finding: Finding) => boolean): number => all.filter(test).length;
  const reasons = (Object.keys(REASONS) as Reason[])
    .map((reason) => ({
      outcome: REASONS[reason].outcome,
      reason,
      fields: count((finding) => finding.reason === reason),
      apps: apps.filter(({ findings }) => findings.some((finding) => finding.reason === reason)).length,
    }))
    .filter(({ fields }) => fields > 0)
    .sort((a, b) => OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome) || b.fields - a.fields);
  return {
    apps: apps.length,
    translated: apps.filter(({ findings }) => !needsPerson(findings)).length,
    fields: {
      translated: count(({ outcome }) => outcome === 'translated'),
      'not needed': count(({ outcome }) => outcome === 'not needed'),
      'needs a person': count(({ outcome }) => outcome === 'needs a person'),
    },
    reasons,
  };
}
