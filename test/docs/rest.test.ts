import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { createLogger } from '../../src/log.ts'
import { blocksOf, rowsOf } from '../documents/markdown.ts'
import { readText } from '../documents/project.ts'

const text = readText('docs/rest.md')
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Every route for operators that a server has, as `METHOD /path`. */
async function findRoutes(): Promise<string[]> {
  const { config } = loadConfig({ env: {} })
  const app = await buildApp({ config, logger: createLogger({ logLevel: 'silent', pretty: false }) })
  await app.ready()
  const { paths = {} } = app.swagger()
  await app.close()
  return Object.entries(paths)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([path, operations]) =>
      Object.keys(operations ?? {}).map(method => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`)
    )
}

test('docs/rest.md has a row for every route, and none for any other', async () => {
  const rows = rowsOf(text).filter(([method = '']) => methods.includes(method))
  assert.deepEqual(
    rows.map(([method, path = '']) => `${method} ${path.replaceAll('`', '')}`).sort(),
    (await findRoutes()).sort()
  )
})

test('docs/rest.md runs a request of every group of routes', () => {
  const run = blocksOf(text)
    .filter(({ words }) => words[0] === 'runnable')
    .map(block => block.text)
    .join('')
  const groups = rowsOf(text).flatMap(([method = '', path = '']) =>
    methods.includes(method) ? [path.replaceAll('`', '').split('/')[2]] : []
  )
  for (const group of new Set(groups)) assert.match(run, new RegExp(`/v1/${group}\\b`))
})
