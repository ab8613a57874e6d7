//! `evident config`: the configuration that `evident serve` would have, and where each value is from.
//!
//! What must always hold: it is read by the loader of `serve`, from the same flags, so that what is shown
//! is what would be done, and what `serve` refuses is refused here in the same words.

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::CommandError;
use super::output::Output;
use super::sanitize;
use super::serve_flags::ServeFlags;
use crate::config::Setting;

/// Show the configuration of `evident serve`, and where each value is from.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ShowConfig {
    #[command(flatten)]
    flags: ServeFlags,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Give the environment that `evident serve` is given, and its flags --data,
--listen, --anchor and --config; its other flags set no key. Each key is looked
for in the flags, then in the environment (EVIDENT_ and the key in upper case),
then in the file; the first that has it decides. Mistakes are those of `evident
serve`, in the same words. Whether a name has an address, a port is free and a
directory can be opened, only `serve` finds out. The level of the server's log
is no key: the environment has it, as EVIDENT_LOG.

Examples:
  evident config
  evident config --config /etc/evident.toml --listen 0.0.0.0:8700
  evident config --json | jq '.[] | select(.source != \"default\")'";

/// The head of the table.
const HEAD: [&str; 4] = ["KEY", "VALUE", "FROM", "MEANING"];
/// What stands between two columns.
const GAP: &str = "  ";
/// What stands before a meaning that has a line of its own.
const INDENT: &str = "    ";

/// A key, as JSON has it.
#[derive(Serialize)]
struct Told {
    key: &'static str,
    value: Value,
    unit: Option<&'static str>,
    default: Value,
    /// `default`, `file`, `environment` or `flag`.
    source: &'static str,
    /// The file, the variable or the flag.
    source_name: Option<String>,
    description: &'static str,
}

impl From<Setting> for Told {
    fn from(setting: Setting) -> Self {
        Self {
            key: setting.key.name,
            value: setting.value,
            unit: setting.key.unit.name(),
            default: setting.default,
            source: setting.source.layer(),
            source_name: setting.source.name(),
            description: setting.key.meaning,
        }
    }
}

impl ShowConfig {
    /// Prints it.
    pub(super) fn run(self) -> Result<(), CommandError> {
        let settings = self.flags.load()?.settings();
        let mut output = Output::standard();
        if self.json {
            let told: Vec<Told> = settings.into_iter().map(Told::from).collect();
            output.write_json(&serde_json::to_string(&told)?)?;
            output.write("\n")?;
        } else {
            let rows: Vec<[String; 4]> = settings.iter().map(row).collect();
            output.write_lines(table(&rows, output.width_of_terminal()).as_bytes())?;
        }
        Ok(output.flush()?)
    }
}

fn row(setting: &Setting) -> [String; 4] {
    let value = in_words(&setting.value);
    let value = match setting.key.unit.name() {
        Some(unit) => format!("{value} {unit}"),
        None => value,
    };
    let cell = |text: &str| sanitize::shown(text).collect();
    [
        setting.key.name.to_owned(),
        cell(&value),
        cell(&setting.source.to_string()),
        setting.key.meaning.to_owned(),
    ]
}

/// A value as a person would say it.
fn in_words(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        other => other.to_string(),
    }
}

/// A line for each key. Where that is wider than the terminal, meanings have lines of their own.
fn table(rows: &[[String; 4]], terminal: Option<usize>) -> String {
    let head = HEAD.map(str::to_owned);
    let all = || std::iter::once(&head).chain(rows);
    let columns = |text: &str| text.chars().map(sanitize::columns).sum::<usize>();
    let widest = |column: usize| all().map(|row| columns(&row[column])).max();
    let widths = [0, 1, 2, 3].map(|column| widest(column).unwrap_or_default());
    let full = widths.iter().sum::<usize>() + (widths.len() - 1) * GAP.len();
    let is_narrow = terminal.is_some_and(|width| full > width);
    let mut text = String::new();
    for row in all() {
        let mut line = String::new();
        let (meaning, cells) = (&row[3], &row[..3]);
        for (cell, width) in cells.iter().zip(widths) {
            let missing = width - columns(cell);
            line.push_str(cell);
            line.push_str(&" ".repeat(missing));
            line.push_str(GAP);
        }
        match (is_narrow, std::ptr::eq(row, &raw const head)) {
            (false, _) => line.push_str(meaning),
            (true, true) => {}
            (true, false) => {
                line.truncate(line.trim_end().len());
                line.push('\n');
                line.push_str(INDENT);
                line.push_str(meaning);
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<[String; 4]> {
        let rows = [
            ["data", "./data", "default", "The data directory"],
            ["max_tails", "12", "EVIDENT_MAX_TAILS", "Tails"],
        ];
        rows.map(|row| row.map(str::to_owned)).to_vec()
    }

    #[test]
    fn columns_stand_below_each_other() {
        let expected = "\
KEY        VALUE   FROM               MEANING
data       ./data  default            The data directory
max_tails  12      EVIDENT_MAX_TAILS  Tails
";
        assert_eq!(table(&rows(), None), expected);
        assert_eq!(table(&rows(), Some(56)), expected);
    }

    #[test]
    fn on_a_narrow_terminal_meanings_have_lines_of_their_own() {
        let expected = "\
KEY        VALUE   FROM
data       ./data  default
    The data directory
max_tails  12      EVIDENT_MAX_TAILS
    Tails
";
        assert_eq!(table(&rows(), Some(55)), expected);
    }
}
