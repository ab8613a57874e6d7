//! `evident completions`: what shells need to complete commands, flags and their values.

use clap::{Args, Command};
use clap_complete::Shell;

use super::CommandError;
use super::output::Output;

/// The command's name, as shells know it.
const NAME: &str = "evident";

/// Print what a shell needs to complete commands, flags and their values.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

const EXAMPLES: &str = "\
Put the line of your shell into its startup file; it is read when the next shell
starts.

Examples:
  bash, in ~/.bashrc:
    source <(evident completions bash)
  zsh, in ~/.zshrc, after compinit:
    source <(evident completions zsh)
  fish, in ~/.config/fish/config.fish:
    evident completions fish | source
  elvish, in ~/.config/elvish/rc.elv:
    eval (evident completions elvish | slurp)
  PowerShell, in the file that $PROFILE names:
    evident completions powershell | Out-String | Invoke-Expression";

impl Completions {
    /// Prints the script.
    pub(super) fn run(self, mut command: Command) -> Result<(), CommandError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, NAME, &mut script);
        let mut output = Output::standard();
        output.write_lines(&script)?;
        Ok(output.flush()?)
    }
}
