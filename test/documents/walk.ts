import { spawnSync } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { startServer } from '../helper.ts'
import { freePorts } from '../support/ports.ts'
import { compare, fill, type Made } from './made.ts'
import { type Block, blocksOf } from './markdown.ts'
import { readText } from './project.ts'
import { Snippet } from './snippet.ts'

/** Ports of documents that are not the server's: free ones take their place. */
const OTHER_PORTS = ['9200', '9300']
/** Programs that documents use beside Node, by what shows that they are used, with the package that brings them. */
const programs = [
  { name: 'curl', isUsed: ({ text }: Block) => /\bcurl /.test(text) },
  { name: 'python3', isUsed: ({ language }: Block) => language === 'python' }
]

/**
 * Does what a document says, block by block, with one server, whose variables stand in the block `server`. A block `runnable` runs to
 * its end, `runnable background` beside those that follow. What `output` shows has to be what the last one has printed, and
 * what `output background` shows what the last one in the background has printed since it was last looked at. An output of JSON is
 * compared as such; what the server made up keeps its short form in what is run later.
 */
export async function walk(t: TestContext, path: string): Promise<void> {
  const blocks = blocksOf(readText(path))
  const server = blocks.find(({ words }) => words[0] === 'server')
  const variables = [...(server?.text.matchAll(/(ARQONBUS_\w+)=(\S+)/g) ?? [])].map(([, name, value]) => [name, value])
  const { app } = await startServer(t, Object.fromEntries(variables))
  const { port } = app.server.address() as AddressInfo
  const free = await freePorts(OTHER_PORTS.length)
  const ports = new Map([['9100', port], ...OTHER_PORTS.map((shown, index) => [shown, free[index] ?? 0] as const)])
  const made: Made = new Map()
  const settle = (text: string) => text.replace(/\b9\d00\b/g, shown => String(ports.get(shown) ?? shown))

  let front: Snippet | undefined
  let back: Snippet | undefined
  for (const block of blocks) {
    const { language, words, line } = block
    const [what, where] = words
    const text = settle(block.text)
    if (what === 'runnable') {
      requirePrograms(block, path)
      const snippet = new Snippet(t, language, fill(text, made), { port })
      if (where === 'background') await snippet.begin()
      // A program may leave its end to whoever runs it.
      else if (language !== 'js') await snippet.end()
      if (where === 'background') back = snippet
      else front = snippet
    } else if (what === 'output') {
      const snippet = where === 'background' ? back : front
      if (!snippet) throw new Error(`${path}: nothing has run before the output in line ${line}`)
      if (language !== 'json') await snippet.print(text)
      else {
        const got = where === 'background' ? await snippet.nextLine() : snippet.take()
        compare(JSON.parse(text), JSON.parse(got), made, `${path}, line ${line}`)
      }
    }
  }
}

/** @throws {Error} naming what has to be installed */
function requirePrograms(block: Block, path: string): void {
  for (const { name, isUsed } of programs) {
    if (isUsed(block) && spawnSync(name, ['--version']).error)
      throw new Error(`${path} is run with ${name}: install it (apt-get install ${name})`)
  }
}
