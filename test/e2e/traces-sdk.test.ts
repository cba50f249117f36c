import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { readText } from '../documents/project.ts'
import { TestClient } from '../helper.ts'
import { startServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const traceparent = `00-${TRACE}-b7ad6b7169203331-01`

test('the file that the document shows starts an SDK, and the server has spans', async t => {
  const [, program = ''] = /^```js\n(.*?)^```$/ms.exec(readText('docs/traces.md')) ?? []
  const folder = mkdtempSync(join(tmpdir(), 'arqonbus-otel-'))
  t.after(() => rmSync(folder, { recursive: true }))
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  const file = join(folder, 'otel.mjs')
  writeFileSync(file, program)

  const server = await startServerProcess(t, { env: { NODE_OPTIONS: `--import=${pathToFileURL(file)}` } })
  const client = await TestClient.open(`${server.wsUrl}/ws`)
  t.after(() => client.socket.terminate())
  await client.join('science:explore')
  await client.ask({ type: 'message', room: 'science:explore', payload: {}, metadata: { traceparent, echo: true } })
  await until('both spans are printed', () =>
    ['publish', 'deliver'].every(name => server.log.some(line => line.includes(`'arqonbus.${name}'`)))
  )
  assert.ok(server.log.some(line => line.includes(`traceId: '${TRACE}'`)))
})
