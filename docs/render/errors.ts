import { closeTable, errorTable } from '../../src/errors.ts'
import { renderTable } from './table.ts'

const head = `# Errors

A code is never reused for another meaning. A client that meets a code it does not know goes by \`retry\`. Some codes are kept for
what may come, and no part of this version sends them.

The same error looks different in each of three places; [protocol.md](protocol.md#errors) shows them.

- Before the upgrade, and on every HTTP route: the status below, and \`{"error", "code", "details"}\`. 401 comes with
  \`WWW-Authenticate: Bearer realm="arqonbus"\`, 429 and 503 with \`Retry-After\` in seconds.
- For a command: a frame of type \`response\` with \`status: "error"\`, \`error\`, \`error_code\` and \`retry\`; the faults are in \`payload.data.errors\`.
- For every other frame: a frame of type \`error\` with \`error\`, \`error_code\` and \`retry\`; the faults are in \`payload.errors\`.

\`retry\` says whether the same request can succeed later without being changed; \`retry_after_ms\` stands beside it where the server
knows when.`

const closing = `## Close codes

A connection that the server ends is closed with one of these codes. 1006 is not among them: it is what a client reports when the
connection broke off without a close frame; connect again and [recover](protocol.md#recovery).`

/** The whole of `docs/errors.md`, from the two tables of `src/errors.ts`. */
export function renderErrors(): string {
  return `${[head, renderCodes(), closing, renderCloses()].join('\n\n')}\n`
}

function renderCodes(): string {
  const rows = Object.entries(errorTable).map(([code, { status, retry, message, meaning }]) => [
    `\`${code}\``,
    String(status),
    retry ? 'yes' : 'no',
    message,
    meaning
  ])
  return `## Codes\n\n${renderTable(['code', 'HTTP', 'retry', 'message', 'what it means'], rows)}`
}

function renderCloses(): string {
  const rows = Object.entries(closeTable).map(([code, { use, client }]) => [code, use, client])
  return renderTable(['code', 'why', 'what the client should do'], rows)
}
