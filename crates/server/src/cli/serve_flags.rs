//! The flags of `evident serve` that set keys of its configuration, shared with `evident config`, so that
//! both read the same.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::config::{ConfigError, Flags, Loaded};

/// Flags that set keys, and where the rest is.
#[derive(Debug, Args)]
pub(super) struct ServeFlags {
    /// The data directory, set up by `evident init` [default: ./data]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    data: Option<String>,
    /// The address to listen on; port 0 takes a free one [default: 127.0.0.1:8700]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// A directory on another disk or machine that remembers the newest checkpoints, so that an
    /// older copy of the data directory is known to be one
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    anchor: Option<String>,
    /// A TOML file with the same keys as the environment, in lower case
    #[arg(
        long,
        value_name = "FILE",
        env = "EVIDENT_CONFIG",
        hide_env_values = true
    )]
    config: Option<PathBuf>,
}

impl ServeFlags {
    /// The configuration that these flags, the environment and the file make.
    pub(super) fn load(self) -> Result<Loaded, ConfigError> {
        let mut flags = Flags::new();
        flags.extend(self.data.map(|data| ("data", data)));
        flags.extend(self.listen.map(|listen| ("listen", listen)));
        flags.extend(self.anchor.map(|anchor| ("anchor_directory", anchor)));
        // An empty variable counts as not set.
        let file = self.config.filter(|file| !file.as_os_str().is_empty());
        Loaded::load(file.as_deref(), &flags)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::result_large_err)]

    use std::collections::BTreeMap;

    use clap::{CommandFactory, Parser};
    use figment::Jail;

    use super::*;
    use crate::config::KEYS;

    #[derive(Debug, Parser)]
    struct Arguments {
        #[command(flatten)]
        flags: ServeFlags,
    }

    #[test]
    fn every_flag_sets_the_key_that_the_list_of_keys_says() {
        let command = Arguments::command();
        let flags: BTreeMap<String, &str> = command
            .get_arguments()
            .filter_map(|flag| flag.get_long())
            .filter(|flag| *flag != "config")
            .map(|flag| (format!("--{flag}"), flag))
            .collect();
        let mut set = 0;
        // Other tests of the process change its environment.
        Jail::expect_with(|_| {
            for key in &KEYS {
                let Some(flag) = key.flag else { continue };
                assert!(flags.contains_key(flag), "{flag}");
                // An address that is a directory's name as well.
                let given = "given:1";
                let arguments = Arguments::parse_from(["serve", flag, given]);
                let settings = arguments.flags.load().unwrap().settings();
                let setting = settings.iter().find(|setting| setting.key == key).unwrap();
                assert_eq!(setting.value, given, "{flag}");
                assert_eq!(setting.source.name().as_deref(), Some(flag));
                set += 1;
            }
            Ok(())
        });
        assert_eq!(set, flags.len(), "{flags:?}");
    }
}
