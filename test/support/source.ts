import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

/** Source files by path from the top of the repository, with forward slashes. */
export type SourceTree = ReadonlyMap<string, string>

/** One import, as it is written in a file. */
export interface SourceImport {
  /** A path from the top of the repository for a relative import, else the name of a package. */
  readonly target: string
  /** Nothing of it is left when the types are stripped. */
  readonly isType: boolean
}

/** What stands for the target of an import that is computed. */
export const COMPUTED = '(computed)'

/** Reads all TypeScript files of some folders of the repository. */
export function readTree(...folders: readonly string[]): SourceTree {
  const top = new URL('../../', import.meta.url)
  const files = folders.flatMap(folder =>
    readdirSync(new URL(folder, top), { recursive: true, encoding: 'utf8' }).map(file => `${folder}/${file}`)
  )
  const sources = files.map(file => file.replaceAll('\\', '/')).filter(file => file.endsWith('.ts'))
  return new Map(sources.sort().map(file => [file, readFileSync(new URL(file, top), 'utf8')]))
}

const texts = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/
const textsAndComments = new RegExp(`(${texts.source})|//[^\\n]*|/\\*[\\s\\S]*?\\*/`, 'g')

/** The source without its comments. */
export function withoutComments(source: string): string {
  return source.replace(textsAndComments, (_, text: string | undefined) => text ?? ' ')
}

/** The source without comments and without what stands in quotes. */
export function codeOf(source: string): string {
  return withoutComments(source).replace(new RegExp(texts.source, 'g'), "''")
}

/** Imports with a list of names, exports from elsewhere, and imports for nothing but their effect. */
const declaration = /^[ \t]*(?:import|export)\b(\s+type\b)?(?:[\w$*\s{},]*?\bfrom)?\s*(['"])([^'"\n]+)\2/gm
/** What is imported while the program runs, and types taken out of an import in place. */
const importCall = /\bimport\s*\(\s*(?:(['"`])([^'"`$]+)\1|[^)\s])/g
const requireCall = /(?:(?<![.\w$])require|\bcreateRequire\([^()]*\))\s*\(\s*(['"`])([^'"`$]+)\1/g

/** Everything that a file imports: statically, dynamically, and as types only. */
export function importsOf(file: string, source: string): SourceImport[] {
  const code = withoutComments(source)
  const imports = [...code.matchAll(declaration)].map(([, type, , name]) => ({ name, isType: type !== undefined }))
  for (const [, , name] of [...code.matchAll(importCall), ...code.matchAll(requireCall)]) {
    imports.push({ name, isType: false })
  }
  return imports.map(({ name = COMPUTED, isType }) => ({ target: resolve(file, name), isType }))
}

function resolve(file: string, name: string): string {
  return name.startsWith('.') ? posix.join(posix.dirname(file), name) : name
}
