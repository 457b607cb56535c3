/** A request as the adversarial registry sees it. */
export interface Seen {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | string[] | undefined>;
  /** It came to the second server. */
  isForeign: boolean;
}

/** An answer made up for one request: its status, its errors by the distribution spec, its headers. */
export interface MadeUp {
  status: number;
  errors?: [code: string, message: string, detail?: unknown][];
  headers?: Record<string, string>;
  text?: string;
}

/** In what a registry differs from the best one. Everything is off by default. */
export interface Quirks {
  /** Answers instead, asked for each request; `drop` closes the connection. */
  instead?: ((seen: Seen) => MadeUp | 'drop' | undefined) | undefined;
  /** Of uploads. Default: relative. */
  location?: 'absolute' | 'relative' | 'foreign';
  /** `session`: every mount is answered with an upload; `refuse`: with an error; `anonymous`: it needs no `from`. */
  mount?: 'session' | 'refuse' | 'anonymous';
  /** It takes a blob by POST with a digest. Default: 202, and the body is ignored. */
  takesPost?: boolean;
  /** Status for a PUT with a body into an upload: it takes chunks only. */
  refusesWhole?: number;
  /** A PATCH or PUT of more is answered with 413. */
  bodyLimit?: number;
  leastChunk?: number;
  /** The n-th PATCH (from 1) is broken off after so many bytes. */
  breaksPatch?: Record<number, number>;
  /** After a PATCH that broke off the upload is gone. Default: it says how far it is. */
  losesUploads?: boolean;
  /** The n-th PATCH (from 1) is taken for out of order: 416. */
  misorders?: number[];
  /** Blobs are sent without regard to `Range`. */
  ignoresRange?: boolean;
  /** Ranges are answered with others: from this many bytes before. */
  shiftsRange?: number;
  /** Every connection that sends a blob is reset after so many bytes. */
  resetsAfter?: number;
  /** The first answers with a blob end early, without a length to tell. */
  truncates?: { after: number; times: number };
  /** Blobs come with a wrong byte, so often. */
  corrupts?: number;
  /** Blobs come with a byte too many. */
  overlong?: boolean;
  /** Milliseconds until a blob is sent: what comes over a WAN. */
  lagMs?: number;
  /** Blobs are had from another host, by 307. */
  redirectsBlobs?: string;
  noDigestHeader?: boolean;
  /** Digest header of manifests, instead of the right one. */
  claims?: string | undefined;
  /** Milliseconds that each piece of an upload takes. */
  slowMs?: number;
  /** The body of a PUT is not read. */
  stalls?: boolean;
  /** It has the referrers API, and takes note of subjects. */
  referrers?: boolean;
  /** Manifests are taken whatever they name. */
  trusting?: boolean;
  /** Blobs of which it says that it has them, and which it lacks. */
  phantoms?: Set<string>;
  /** What can be deleted. Default: all. */
  deletes?: 'all' | 'digests' | 'none';
  /** Tags per page. */
  page?: number;
  /** Who may do what, by tokens. */
  tokens?: TokenQuirks;
  /** Basic is wanted on each call: `user:password`. */
  basic?: string;
}

export interface TokenQuirks {
  /** Of a token, in seconds; null: it is not said, which means 60. */
  expiresIn: number | null;
  /** Tokens end after so many requests. */
  endsAfter?: number;
  /** As Harbor: a refused Authorization is answered with Basic. */
  harbor?: boolean;
  field?: 'token' | 'access_token';
  /** `user:password` without which none is given. */
  wants?: string;
}
