import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { Listeners } from '../../../src/client/listeners.ts'

test('calls listeners in the order they were added, also when one removes another meanwhile', () => {
  const listeners = new Listeners<{ tick: number }>()
  const calls: string[] = []
  listeners.add('tick', value => {
    calls.push(`first ${value}`)
    remove()
  })
  const remove = listeners.add('tick', value => calls.push(`second ${value}`))
  listeners.emit('tick', 1)
  listeners.emit('tick', 2)
  assert.deepEqual(calls, ['first 1', 'second 1', 'first 2'])
})

test('calls nobody after it was cleared', () => {
  const listeners = new Listeners<{ tick: number }>()
  listeners.add('tick', () => assert.fail())
  listeners.clear()
  listeners.emit('tick', 1)
})

test('goes on after a listener that throws, and lets its error surface as an uncaught one', () => {
  const program = `
    import { Listeners } from ${JSON.stringify(new URL('../../../src/client/listeners.ts', import.meta.url).href)}
    process.on('uncaughtException', error => console.log('uncaught', error.message))
    const listeners = new Listeners()
    listeners.add('tick', () => { throw new Error('oops') })
    listeners.add('tick', () => console.log('second'))
    listeners.emit('tick', 1)
    console.log('after')
  `
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    encoding: 'utf8'
  })
  assert.equal(stdout, 'second\nafter\nuncaught oops\n')
})
