import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { findStale, writeStale } from '../../docs/documents.ts'

const program = fileURLToPath(new URL('../../docs/generate.ts', import.meta.url))
const loader = import.meta.resolve('tsx')

/** A folder with the README alone: everything else has to be made. */
function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'documents-'))
  t.after(() => rmSync(folder, { recursive: true }))
  cpSync('README.md', join(folder, 'README.md'))
  return folder
}

test('a file that is missing or was changed is stale until it is written', async t => {
  const folder = makeFolder(t)
  const made = await writeStale(folder)
  assert.ok(made.includes('docs/errors.md') && made.includes('openapi/commands.json'))
  assert.deepEqual(await findStale(folder), [])
  writeFileSync(join(folder, 'docs/errors.md'), 'nothing\n')
  assert.deepEqual(await findStale(folder), ['docs/errors.md'])
  assert.deepEqual(await writeStale(folder), ['docs/errors.md'])
  assert.deepEqual(await findStale(folder), [])
})

test('what stands outside the marks of the README is left alone', async t => {
  const folder = makeFolder(t)
  await writeStale(folder)
  const marked = (name: string): string => `<!-- ${name}: made by \`npm run docs:generate\` -->\n<!-- /${name} -->\n`
  writeFileSync(join(folder, 'README.md'), `before\n${marked('commands')}between\n${marked('configuration')}after\n`)
  assert.deepEqual(await writeStale(folder), ['README.md'])
  assert.deepEqual(await findStale(folder), [])
})

test('a README without the marks is an error', async t => {
  const folder = makeFolder(t)
  writeFileSync(join(folder, 'README.md'), 'nothing\n')
  await assert.rejects(findStale(folder), /README\.md lacks <!-- commands/)
})

test('--check names what is stale, writes nothing and exits with 1', async t => {
  const folder = makeFolder(t)
  await writeStale(folder)
  writeFileSync(join(folder, 'docs/limits.md'), 'nothing\n')
  const check = (): { status: number | null; stderr: string } =>
    spawnSync(process.execPath, ['--import', loader, program, '--check'], { cwd: folder, encoding: 'utf8' })
  const { status, stderr } = check()
  assert.deepEqual([status, stderr], [1, 'docs/limits.md is stale: run npm run docs:generate\n'])
  await writeStale(folder)
  assert.equal(check().status, 0)
})
