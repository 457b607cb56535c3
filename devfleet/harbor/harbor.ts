import type { HarborConfig } from './config.ts';
import type { Quotas } from './content/quotas.ts';
import type { Store } from './store/store.ts';
import type { Backend } from './v2/backend.ts';
import type { Webhooks } from './webhooks/webhooks.ts';

/** What all of Harbor's APIs share. */
export interface Harbor {
  readonly config: HarborConfig;
  readonly store: Store;
  /** The registry behind. */
  readonly backend: Backend;
  readonly quotas: Quotas;
  readonly webhooks: Webhooks;
  /** Nobody may change anything, as when an administrator wants it so. Unlike all else it does not outlive a restart. */
  readOnly: boolean;
}
