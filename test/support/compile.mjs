import { spawnSync } from 'node:child_process'
import { existsSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = '.build'
const STATE = join(FOLDER, '.tsbuildinfo')
/** A compiled server looks for its pages beside its code. */
const PAGES = join(FOLDER, 'dashboard')

/**
 * Compiles the programs that tests start, apart from `dist`, which is packed and measured while tests run. Their maps, which no package
 * needs, let what they cover count for the source. What has not changed is left as it is: another run may be using it.
 */
export function compilePrograms() {
  const options = ['-p', 'tsconfig.build.json', '--outDir', FOLDER, '--sourceMap', '--tsBuildInfoFile', STATE]
  const { status } = spawnSync('node_modules/.bin/tsc', options, { stdio: 'inherit' })
  if (status !== 0) process.exit(1)
  utimesSync(STATE, new Date(), new Date())
  if (!existsSync(PAGES)) symlinkSync('../dashboard', PAGES)
}
