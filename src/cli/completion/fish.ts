import type { Branch, Flag } from './tree.ts'

/** A script for fish: `arqon completion fish > ~/.config/fish/completions/arqon.fish`. */
export function fishScript(branches: readonly Branch[]): string {
  const lines = branches.flatMap(branch => [...childLines(branch), ...valueLines(branch), ...flagLines(branch)])
  const cases = branches
    .filter(({ children, path }) => children.length > 0 && path.length > 0)
    .map(({ path }) => path.join(' '))
  return `# fish completion for arqon
# Says whether the words before the cursor lead to exactly this subcommand; only words that can lead on count.
function __arqon_at
    set -l words (commandline -opc)
    set -l path
    for word in $words[2..]
        string match -q -- '-*' $word; and continue
        set -l depth (count $path)
        if test $depth -eq 0
            set -a path $word
        else if test $depth -eq 1; and contains -- $path[1] ${cases.join(' ')}
            set -a path $word
        end
    end
    test "$path" = "$argv"
end
complete -c arqon -f
${lines.join('\n')}
`
}

function childLines({ children, path }: Branch): string[] {
  return children.map(({ name, summary }) => `${head(path)} -a ${name} -d '${quote(summary)}'`)
}

function valueLines({ path, values }: Branch): string[] {
  return values.length === 0 ? [] : [`${head(path)} -a '${values.join(' ')}'`]
}

function flagLines({ flags, path }: Branch): string[] {
  return flags.map(flag => `${head(path)} ${namesOf(flag)}${argumentOf(flag)} -d '${quote(flag.summary)}'`)
}

function namesOf({ names }: Flag): string {
  return names.map(name => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(' ')
}

function argumentOf({ isFile, takesValue, values }: Flag): string {
  if (!takesValue) return ''
  if (isFile) return ' -r -F'
  return values.length === 0 ? ' -x' : ` -x -a '${values.join(' ')}'`
}

function head(path: readonly string[]): string {
  return `complete -c arqon -n '__arqon_at ${path.join(' ')}'`
}

function quote(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}
