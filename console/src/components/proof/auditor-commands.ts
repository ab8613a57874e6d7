/** The commands that check a log from outside, as the manual has them, with this log's names filled in. */

export interface LogNames {
  server: string;
  organizationId: string;
  verifierKey: string;
  size: number;
}

/** Nothing in it is special to a shell any more. */
export function quotedForShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function auditorCommands({ server, organizationId, verifierKey, size }: LogNames) {
  const key = quotedForShell(verifierKey);
  const header = '-H "Authorization: Bearer $EVIDENT_API_KEY"';
  const address = (path: string) => `"${server}${path}"`;
  const monitored = quotedForShell(`${server}/log/${organizationId}`);
  return {
    monitor: `evident monitor ${monitored} \\\n    --key ${key} --state evident-monitor.state`,
    checkpoint: [
      '# today: keep this file where the server’s operator cannot write',
      `curl -fsS ${address(`/log/${organizationId}/checkpoint`)} ${header} > kept.txt`,
      '',
      '# later',
      `curl -fsS ${address(`/v1/log/consistency?from=${size}`)} ${header} \\`,
      `    -H 'Accept: text/plain' > since.txt   # ${size} is the second line of kept.txt`,
      `evident verify kept.txt since.txt --key ${key}`,
    ].join('\n'),
    event: [
      'ID=…   # the Event ID',
      `curl -fsS ${address('/v1/events/$ID')} ${header} > event.json`,
      `curl -fsS ${address('/v1/events/$ID/proof')} ${header} \\`,
      `    -H 'Accept: text/plain' > event.tlog-proof`,
      `evident verify event.tlog-proof --event event.json --key ${key}`,
    ].join('\n'),
    directory: `evident verify ./copy-of-the-data-directory --key ${key} --checkpoint kept.txt`,
  };
}
