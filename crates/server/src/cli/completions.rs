//! `evident completions`: what shells need to complete commands, flags and their values.
//!
//! What must always hold: what help does not show is not offered, and files are offered only where a value
//! is one.

use clap::{Arg, ArgGroup, Args, Command, Id, ValueHint};
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
    pub(super) fn run(self, command: Command) -> Result<(), CommandError> {
        let mut command = to_complete(&command);
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, NAME, &mut script);
        let mut output = Output::standard();
        output.write_lines(&script)?;
        Ok(output.flush()?)
    }
}

/// The command as shells are to know it. It cannot be told to forget a flag, so it is made anew.
/// Groups are kept since flags name them; what else they demand, no shell asks.
fn to_complete(command: &Command) -> Command {
    let args: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set())
        .collect();
    let shown = Command::new(command.get_name().to_owned())
        .disable_help_flag(command.is_disable_help_flag_set())
        .args(args.iter().copied().map(with_hint))
        .groups(command.get_groups().map(|group| {
            let is_shown = |id: &&Id| args.iter().any(|arg| arg.get_id() == *id);
            let members = group.get_args().filter(is_shown).cloned();
            ArgGroup::new(group.get_id().clone()).args(members)
        }))
        .subcommands(command.get_subcommands().map(to_complete));
    let shown = match command.get_about() {
        Some(about) => shown.about(about.clone()),
        None => shown,
    };
    match command.get_version() {
        Some(version) => shown.version(version.to_owned()),
        None => shown,
    }
}

/// A flag or an operand whose values are files only if it says so: without a hint, shells offer those.
fn with_hint(arg: &Arg) -> Arg {
    let is_text = arg.get_action().takes_values() && arg.get_possible_values().is_empty();
    match arg.get_value_hint() {
        ValueHint::Unknown if is_text => arg.clone().value_hint(ValueHint::Other),
        _ => arg.clone(),
    }
}
