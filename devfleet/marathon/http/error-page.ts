import type { ServerResponse } from 'node:http';

/** What the servlet container answers by itself, where no resource of Marathon's is asked: HTML. */
export function errorPage(
  response: ServerResponse,
  status: number,
  reason: string,
  path: string,
  headers: Record<string, string> = {},
): void {
  const title = `Error ${status} ${reason}`;
  const page =
    '<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>\n' +
    `<title>${title}</title>\n</head>\n<body><h2>HTTP ERROR ${status}</h2>\n` +
    `<p>Problem accessing ${path.replaceAll('<', '&lt;')}. Reason:\n<pre>    ${reason}</pre></p>\n</body>\n</html>\n`;
  response.writeHead(status, { 'Content-Type': 'text/html;charset=iso-8859-1', ...headers });
  response.end(page);
}
