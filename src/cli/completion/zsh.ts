import type { Branch, Flag } from './tree.ts'

/** A script for zsh: written to `_arqon` in a folder of `$fpath`, or sourced after `compinit`. */
export function zshScript(branches: readonly Branch[]): string {
  return `#compdef arqon
# zsh completion for arqon
${branches.map(functionOf).join('\n')}
if [[ $funcstack[1] == _arqon ]]; then
  _arqon "$@"
else
  compdef _arqon arqon
fi
`
}

function functionOf(branch: Branch): string {
  const specs = branch.flags.flatMap(flagSpecs)
  const name = nameOf(branch.path)
  if (branch.children.length === 0) {
    const rest = branch.values.length === 0 ? "'*:argument:'" : `'*:argument:(${branch.values.join(' ')})'`
    return `${name}() {
  _arguments ${[...specs, rest].join(' \\\n    ')}
}`
  }
  const words = branch.children.map(child => `    '${quote(`${escapeColon(child.name)}:${child.summary}`)}'`)
  const cases = branch.children.map(child => `        ${child.name}) ${nameOf([...branch.path, child.name])} ;;`)
  return `${name}() {
  local line state
  local -a commands=(
${words.join('\n')}
  )
  _arguments -C ${[...specs, "'1:command:->command'", "'*::argument:->argument'"].join(' \\\n    ')}
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${cases.join('\n')}
      esac
      ;;
  esac
}`
}

function flagSpecs({ isFile, names, summary, takesValue, values }: Flag): string[] {
  const value = !takesValue
    ? ''
    : isFile
      ? ':file:_files'
      : values.length === 0
        ? ':value:'
        : `:value:(${values.join(' ')})`
  return names.map(name => `'*${name}[${quote(summary.replace(/[[\]]/g, '\\$&'))}]${value}'`)
}

function nameOf(path: readonly string[]): string {
  return ['_arqon', ...path].join('_').replaceAll('-', '_')
}

function escapeColon(text: string): string {
  return text.replaceAll(':', '\\:')
}

function quote(text: string): string {
  return text.replaceAll("'", "'\\''")
}
