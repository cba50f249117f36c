import type { Branch } from './tree.ts'

/** A script for bash: `source <(arqon completion bash)`. */
export function bashScript(branches: readonly Branch[]): string {
  const flags = branches.flatMap(branch => branch.flags)
  const taking = [...new Set(flags.filter(flag => flag.takesValue).flatMap(flag => flag.names))].sort()
  return `# bash completion for arqon
_arqon() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} path='' word at
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    case "$word" in
      ${taking.join('|')}) ((at++)) ;;
      -*) ;;
      *)
        case "$path $word" in
${branches
  .filter(({ path }) => path.length > 0)
  .map(({ path }) => `          '${['', ...path].join(' ')}') path="$path $word" ;;`)
  .join('\n')}
        esac
        ;;
    esac
  done
  case "$path $previous" in
${branches.flatMap(valueLines).join('\n')}
  esac
  case "$path" in
${branches.map(wordLine).join('\n')}
  esac
}
complete -o default -F _arqon arqon
`
}

function valueLines({ flags, path }: Branch): string[] {
  return flags
    .filter(flag => flag.takesValue)
    .map(flag => {
      const cases = flag.names.map(name => `'${[...['', ...path], name].join(' ')}'`).join('|')
      const reply = flag.isFile ? 'COMPREPLY=($(compgen -f -- "$current"))' : replyOf(flag.values)
      return `    ${cases}) ${reply}; return ;;`
    })
}

function wordLine({ children, flags, path, values }: Branch): string {
  const words = [...children.map(child => child.name), ...values]
  const names = flags.flatMap(flag => flag.names)
  const key = ['', ...path].join(' ')
  return `    '${key}') if [[ $current == -* ]]; then ${replyOf(names)}; else ${replyOf(words)}; fi ;;`
}

function replyOf(words: readonly string[]): string {
  return words.length === 0 ? 'COMPREPLY=()' : `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$current"))`
}
