import { createServer, type Server } from 'node:net';

// Listening here claims the octet. Outside the usual range of free-chosen ports (32768–60999).
const CLAIM_PORT = 61_999;
const FIRST = 1;
const LAST = 254;

/** The claims, held for as long as the servers listen: the kernel frees them with the process, however it ends. */
export interface OctetClaims {
  octets: number[];
  servers: Server[];
}

/**
 * Claims the lowest free octets of this machine. Who holds octet n owns the addresses 10.n.x.y (published) and
 * 127.n.x.y (listened on), and the block of ports that `portBlock(n)` gives.
 */
export async function claimOctets(count: number): Promise<OctetClaims> {
  const claims: OctetClaims = { octets: [], servers: [] };
  for (let octet = FIRST; octet <= LAST && claims.octets.length < count; octet++) {
    const server = await claim(octet);
    if (server === null) continue;
    claims.octets.push(octet);
    claims.servers.push(server);
  }
  if (claims.octets.length < count)
    throw new Error(`all of 127.${FIRST}–${LAST}.0.1:${CLAIM_PORT} are taken: too many fleets run here`);
  return claims;
}

async function claim(octet: number): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen(CLAIM_PORT, `127.${octet}.0.1`, () => resolve(server));
  });
}
