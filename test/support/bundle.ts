import { buildSync } from 'esbuild'
import { readText } from '../documents/project.ts'

/** The client library as one file for browsers. */
export interface Bundle {
  readonly text: Buffer
  /** The files that it was made of. */
  readonly inputs: readonly string[]
  /** What it still imports. */
  readonly imports: readonly string[]
}

/** Makes the file as `npm run build:browser` makes it. */
export function bundleClient(): Bundle {
  const script: string = JSON.parse(readText('package.json')).scripts['build:browser']
  const [, entry = '', options = ''] = /^esbuild (\S+) (.+)$/.exec(script) ?? []
  const { metafile, outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: options.includes('--bundle'),
    format: 'esm',
    platform: 'browser',
    target: /--target=(\S+)/.exec(options)?.[1] ?? '',
    minify: options.includes('--minify'),
    outfile: 'arqonbus.min.js',
    metafile: true,
    write: false
  })
  return {
    text: Buffer.from(outputFiles[0]?.contents ?? []),
    inputs: Object.keys(metafile.inputs),
    imports: Object.values(metafile.outputs).flatMap(output => output.imports.map(({ path }) => path))
  }
}
