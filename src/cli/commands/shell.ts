import type { Command } from '../command.ts'
import { oneOf, SHELLS } from '../values.ts'

/** The command that prints shell completion for these commands. */
export function completionCommand(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    about: 'Print a script that completes holdfast in a shell',
    operands: [{ about: 'bash, zsh or fish', takes: oneOf('SHELL', SHELLS) }],
    settings: [],
    examples: [
      { line: 'source <(holdfast completion bash)', about: 'Complete in this bash; add it to ~/.bashrc' },
      {
        line: 'holdfast completion zsh > ~/.zsh/completions/_holdfast',
        about: 'Complete in every zsh whose fpath has this folder',
      },
      {
        line: 'holdfast completion fish > ~/.config/fish/completions/holdfast.fish',
        about: 'Complete in every fish',
      },
    ],
    run: async (input) => (await import('../completion.ts')).printCompletion(input, commands()),
  }
}
