import { z } from 'zod';
import { brakePercent } from './brake.ts';

/**
 * A batch pattern as people write it: `25%` for batches of one size, or the share of each batch after the bastion, which
 * sum to 100: `10%+20%+25%+25%+20%`. No share may be over what the brake lets out at once: 25 %, or the first share.
 */
export const batchPatternSchema = z
  .string()
  .regex(/^\d{1,3}%(\+\d{1,3}%)*$/, 'must be 25%, or shares that sum to 100: 10%+20%+25%+25%+20%')
  .superRefine((text, context) => {
    const shares = sharesOf(text);
    const fault = faultOf(shares);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  });

function faultOf(shares: number[]): string | null {
  const [first = 0] = shares;
  if (shares.includes(0)) return 'a batch of 0 % takes nobody';
  if (shares.length === 1) return first > 50 ? 'no batch takes more than 50 %' : null;
  const sum = shares.reduce((total, share) => total + share, 0);
  if (sum !== 100) return `the shares sum to ${sum}, not to 100`;
  const most = brakePercent(first);
  const over = shares.find((share) => share > Math.min(50, most));
  if (over === undefined) return null;
  return `a batch of ${over} % would brake: at most ${Math.min(50, most)} % may be out at once (25 %, or the first share)`;
}

/** Shares in percent of a pattern that the schema has passed. */
export function sharesOf(pattern: string): number[] {
  return pattern.split('+').map((part) => Number(part.slice(0, -1)));
}
