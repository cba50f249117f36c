import { Argument, type Command } from 'commander'
import { bashScript } from './completion/bash.ts'
import { fishScript } from './completion/fish.ts'
import { branchesOf } from './completion/tree.ts'
import { zshScript } from './completion/zsh.ts'
import type { Terminal } from './terminal.ts'

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const

/** `arqon completion`: made from the subcommands as they are declared [protocol.md, Command line]. */
export function declareCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .description('print a script that completes arqon in a shell')
    .addArgument(new Argument('<shell>').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      `
bash: source <(arqon completion bash)
zsh:  source <(arqon completion zsh), after compinit
fish: arqon completion fish > ~/.config/fish/completions/arqon.fish`
    )
    .action((shell: keyof typeof scripts) => terminal.write(scripts[shell](branchesOf(program))))
}
