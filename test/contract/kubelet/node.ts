import { describe, test } from 'vitest';
import { STRATEGIC } from '../../../devfleet/host/kubelet/api.ts';
import type { Condition } from '../../../devfleet/host/kubelet/pod.ts';
import type { WorldSource } from './world.ts';

interface Node {
  metadata: { labels: Record<string, string> };
  status: { conditions: Condition[] };
}

/** What a kubelet says of its node. */
export function describeNode(source: WorldSource): void {
  describe.concurrent('node', () => {
    test('the lease is renewed at least every 10 s', async ({ expect }) => {
      const world = source();
      const path = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${world.nodes[0] ?? ''}`;
      const read = async () =>
        (await world.api.request<{ spec: { renewTime: string } }>({ method: 'GET', path })).spec.renewTime;
      // A node is Ready before it has its first lease.
      await expect.poll(() => read().catch(() => null), { timeout: 11_000, interval: 200 }).not.toBeNull();
      const first = await read();
      await expect.poll(read, { timeout: 11_000, interval: 200 }).not.toBe(first);
      expect(Date.parse(await read()) - Date.parse(first)).toBeLessThanOrEqual(10_500);
    });

    test('Ready is said again after a controller wrote Unknown', async ({ expect }) => {
      const world = source();
      const path = `/api/v1/nodes/${world.nodes.at(-1) ?? ''}`;
      const ready = async () => {
        const node = await world.api.request<Node>({ method: 'GET', path });
        return node.status.conditions.find(({ type }) => type === 'Ready')?.status;
      };
      const conditions = [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }];
      await world.api.request({
        method: 'PATCH',
        path: `${path}/status`,
        contentType: STRATEGIC,
        body: { status: { conditions } },
      });
      expect(await ready()).toBe('Unknown');
      await expect.poll(ready, { timeout: 12_000, interval: 200 }).toBe('True');
    });
  });
}
