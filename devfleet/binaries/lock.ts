import { createHash } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';

/**
 * Runs `work` while no other process of this machine runs work under the same name. The lock is a listening socket in
 * Linux's abstract namespace: the kernel frees it with its holder, however that ends, and wakes those who wait.
 * @param onWait called once if another process holds it
 */
export async function withLock<T>(name: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const address = `\0transship-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  for (let first = true; ; first = false) {
    const release = await take(address);
    if (release !== null) return work().finally(release);
    if (first) onWait();
    await holderGone(address);
  }
}

/** Null where another holds it. */
async function take(address: string): Promise<(() => void) | null> {
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket.on('error', () => undefined));
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen(address, () => {
      resolve(() => {
        server.close();
        for (const socket of waiting) socket.destroy();
      });
    });
  });
}

/** A connection to the holder closes when it lets go. */
async function holderGone(address: string): Promise<void> {
  return new Promise((resolve) => {
    connect(address)
      .on('error', () => undefined)
      .once('close', () => resolve())
      .resume();
  });
}
