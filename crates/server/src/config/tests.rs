//! The configuration: which layer decides, what is refused and how that is said, and that list,
//! documentation and code agree.

#![allow(clippy::unwrap_used, clippy::result_large_err)]

use figment::Jail;
use serde_json::json;

use super::keys::Unit;
use super::layers::variable_of;
use super::*;

fn load(file: Option<&str>, flags: &[(&'static str, &str)]) -> Result<Config, String> {
    let flags = flags
        .iter()
        .map(|(key, value)| (*key, (*value).to_owned()))
        .collect();
    let loaded = Loaded::load(file.map(Path::new), &flags);
    loaded
        .map(|loaded| loaded.config)
        .map_err(|error| error.to_string())
}

#[test]
fn flags_override_the_environment_which_overrides_the_file() {
    Jail::expect_with(|jail| {
        jail.create_file(
            "evident.toml",
            "data = \"file\"\nlisten = \"file:1\"\nmax_connections = 7\n",
        )?;
        jail.set_env("EVIDENT_DATA", "environment");
        jail.set_env("EVIDENT_LISTEN", "environment:1");
        let config = load(Some("evident.toml"), &[("data", "flag")]).unwrap();
        assert_eq!(config.data, Path::new("flag"));
        assert_eq!(config.listen, "environment:1");
        assert_eq!(config.max_connections, 7);
        assert_eq!(config.body_timeout_ms, DEFAULT_BODY_TIMEOUT_MS);
        Ok(())
    });
}

#[test]
fn an_unknown_key_is_refused_by_its_name_in_file_and_environment() {
    Jail::expect_with(|jail| {
        jail.create_file("evident.toml", "max_conections = 7\n")?;
        let error = load(Some("evident.toml"), &[]).unwrap_err();
        assert!(error.contains("max_conections"), "{error}");
        jail.set_env("EVIDENT_LISTENN", "x");
        let error = load(None, &[]).unwrap_err();
        assert!(error.contains("EVIDENT_LISTENN"), "{error}");
        Ok(())
    });
}

#[test]
fn variables_of_clients_and_platforms_are_left_alone() {
    Jail::expect_with(|jail| {
        for name in [
            "LOG",
            "URL",
            "API_KEY",
            "SERVICE_HOST",
            "PORT_8700_TCP_ADDR",
            "PORT",
        ] {
            jail.set_env(format!("EVIDENT_{name}"), "x");
        }
        assert_eq!(load(None, &[]).unwrap(), Config::default());
        Ok(())
    });
}

#[test]
fn an_anchor_is_a_directory_or_a_command_and_not_both() {
    Jail::expect_with(|jail| {
        assert_eq!(load(None, &[]).unwrap().anchor(), None);
        jail.create_file(
            "evident.toml",
            "anchor_command = [\"/bin/keep\", \"-v\"]\nanchor_pause_ms = 5\n",
        )?;
        let anchor = load(Some("evident.toml"), &[]).unwrap().anchor();
        let expected = AnchorPlace::Command(AnchorCommand {
            command: vec!["/bin/keep".to_owned(), "-v".to_owned()],
            timeout: Duration::from_millis(DEFAULT_ANCHOR_TIMEOUT_MS),
            pause: Duration::from_millis(5),
        });
        assert_eq!(anchor, Some(expected));
        let directory = [("anchor_directory", "/mnt/anchor")];
        let anchor = load(None, &directory).unwrap().anchor();
        assert_eq!(anchor, Some(AnchorPlace::Directory("/mnt/anchor".into())));
        let error = load(Some("evident.toml"), &directory).unwrap_err();
        assert!(error.contains("choose one"), "{error}");
        jail.set_env("EVIDENT_ANCHOR_COMMAND", "[\"/bin/other\"]");
        let config = load(Some("evident.toml"), &[]).unwrap();
        assert_eq!(config.anchor_command, ["/bin/other"]);
        Ok(())
    });
}

#[test]
fn a_missing_file_a_wrong_type_and_a_zero_are_refused() {
    Jail::expect_with(|jail| {
        assert!(
            load(Some("nowhere.toml"), &[])
                .unwrap_err()
                .contains("nowhere.toml")
        );
        jail.set_env("EVIDENT_MAX_CONNECTIONS", "many");
        let error = load(None, &[]).unwrap_err().to_lowercase();
        assert!(error.contains("max_connections"), "{error}");
        jail.set_env("EVIDENT_MAX_CONNECTIONS", "0");
        let error = load(None, &[]).unwrap_err();
        assert!(error.contains("EVIDENT_MAX_CONNECTIONS is 0"), "{error}");
        Ok(())
    });
}

/// A value of a key that is not its default, as a file has it.
fn other_value(key: &Key) -> Value {
    match key.unit {
        Unit::Directory => json!(format!("other-{}", key.name)),
        Unit::Address => json!("other.example:1"),
        Unit::List => json!(["other", key.name]),
        Unit::Count | Unit::Bytes | Unit::Milliseconds | Unit::Minutes => json!(12_345),
        Unit::Days | Unit::DaysKept => json!(12),
        Unit::Switch => json!(false),
        Unit::PublicUrl => json!("https://other.example"),
        Unit::Networks => json!(["10.0.0.7", "192.168.0.0/16"]),
        Unit::Database => json!("postgres://other.example/other"),
        Unit::MailServer => json!("smtp://other.example"),
        Unit::Sender => json!("other@example.com"),
        Unit::Bucket => json!("s3://other/prefix"),
        Unit::Endpoint => json!("https://s3.other.example"),
        Unit::Word => json!("other"),
    }
}

fn setting(file: Option<&str>, flags: &Flags, key: &Key) -> Setting {
    let loaded = Loaded::load(file.map(Path::new), flags).unwrap();
    let mut settings = loaded.settings().into_iter();
    settings.find(|setting| setting.key == key).unwrap()
}

#[test]
fn the_list_of_keys_has_every_field_once_and_tells_of_each() {
    let fields = values_of(&Config::default());
    let mut fields: Vec<&String> = fields.as_object().unwrap().keys().collect();
    let mut keys: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
    fields.sort_unstable();
    keys.sort_unstable();
    assert_eq!(keys, fields);
    for key in &KEYS {
        // Beside a name, a number and "default" it fits into 100 columns.
        assert!((5..=46).contains(&key.meaning.len()), "{}", key.name);
        let suffix = key.name.rsplit('_').next();
        assert_eq!(suffix == Some("ms"), key.unit == Unit::Milliseconds);
        assert_eq!(suffix == Some("minutes"), key.unit == Unit::Minutes);
        let in_days = matches!(key.unit, Unit::Days | Unit::DaysKept);
        assert_eq!(suffix == Some("days"), in_days);
        assert_eq!(key.name.contains("bytes"), key.unit == Unit::Bytes);
    }
}

#[test]
fn every_value_is_shown_with_the_layer_that_decides() {
    for key in &KEYS {
        Jail::expect_with(|jail| {
            let unset = setting(None, &Flags::new(), key);
            assert_eq!(unset.source, Source::Default);
            assert_eq!(unset.value, unset.default);
            if key.unit == Unit::MailServer {
                jail.set_env("EVIDENT_MAIL_FROM", "audit@example.com");
            }
            let value = other_value(key);
            let shown = if key.is_secret {
                json!("set")
            } else {
                value.clone()
            };
            // A list or a text of JSON is one of TOML too.
            jail.create_file("evident.toml", &format!("{} = {value}", key.name))?;
            let file = Some("evident.toml");
            let by_file = setting(file, &Flags::new(), key);
            assert_eq!((&by_file.value, &by_file.default), (&shown, &unset.default));
            assert_eq!(by_file.source, Source::File("evident.toml".into()));
            let text = value.as_str().map_or(value.to_string(), str::to_owned);
            jail.set_env(variable_of(key.name), text);
            let by_variable = setting(file, &Flags::new(), key);
            assert_eq!(by_variable.value, shown);
            let variable = Source::Environment(variable_of(key.name));
            assert_eq!(by_variable.source, variable);
            let Some(flag) = key.flag else { return Ok(()) };
            // An address that is a directory's name as well.
            let flags = Flags::from([(key.name, "by-the-flag:1".to_owned())]);
            let by_flag = setting(file, &flags, key);
            assert_eq!(by_flag.value, "by-the-flag:1");
            assert_eq!(by_flag.source, Source::Flag(flag));
            Ok(())
        });
    }
}

#[test]
fn a_variable_is_named_as_it_is_set_and_an_empty_one_is_not_set() {
    Jail::expect_with(|jail| {
        jail.set_env("evident_max_tails", "0");
        let error = load(None, &[]).unwrap_err();
        assert!(error.starts_with("evident_max_tails is 0"), "{error}");
        jail.set_env("evident_max_tails", "");
        jail.set_env("EVIDENT_METRICS_LISTEN", "");
        assert_eq!(load(None, &[]).unwrap(), Config::default());
        Ok(())
    });
}

#[test]
fn a_text_is_taken_as_it_is_though_it_looks_like_something_else() {
    Jail::expect_with(|jail| {
        for text in ["2026", "true", "[::1]:8700", "a = b", "\"x\""] {
            jail.set_env("EVIDENT_DATA", text);
            let config = load(None, &[("anchor_directory", text)]).unwrap();
            assert_eq!(config.data, Path::new(text));
            assert_eq!(config.anchor_directory, Some(text.into()));
        }
        // A list of TOML, but an address here.
        jail.set_env("EVIDENT_LISTEN", "[::1]:8700");
        assert_eq!(load(None, &[]).unwrap().listen, "[::1]:8700");
        Ok(())
    });
}

#[test]
fn two_variables_of_one_key_are_refused_by_both_names() {
    Jail::expect_with(|jail| {
        jail.set_env("EVIDENT_max_tails", "7");
        jail.set_env("EVIDENT_MAX_TAILS", "8");
        let error = load(None, &[]).unwrap_err();
        let both = "EVIDENT_MAX_TAILS and EVIDENT_max_tails are both set";
        assert!(error.starts_with(both), "{error}");
        assert!(error.ends_with("unset one of them"), "{error}");
        // An empty one counts as not set, and the other one is named.
        jail.set_env("EVIDENT_MAX_TAILS", "");
        let key = Key::of("max_tails").unwrap();
        let only = setting(None, &Flags::new(), key);
        assert_eq!(only.value, 7);
        assert_eq!(
            only.source,
            Source::Environment("EVIDENT_max_tails".to_owned())
        );
        Ok(())
    });
}

#[test]
fn a_number_is_refused_that_is_larger_than_the_server_can_work_with() {
    for key in &KEYS {
        let Some(most) = key.unit.at_most() else {
            continue;
        };
        Jail::expect_with(|jail| {
            jail.set_env(variable_of(key.name), most);
            assert_eq!(setting(None, &Flags::new(), key).value, most);
            let larger = (most + 1).to_string();
            for larger in [&larger, "18446744073709551615", "99999999999999999999"] {
                jail.set_env(variable_of(key.name), larger);
                let error = load(None, &[]).unwrap_err();
                assert!(error.starts_with(&variable_of(key.name)), "{error}");
                assert!(error.contains(larger), "{error}");
                assert!(error.ends_with(&format!(" to {most}")), "{error}");
            }
            jail.set_env(variable_of(key.name), "");
            jail.create_file("evident.toml", &format!("{} = {larger}", key.name))?;
            let error = load(Some("evident.toml"), &[]).unwrap_err();
            let place = format!("{} in evident.toml is {larger}: ", key.name);
            assert!(error.starts_with(&place), "{error}");
            Ok(())
        });
    }
}

#[test]
fn what_may_be_at_once_can_be_counted_by_a_semaphore() {
    for key in KEYS.iter().filter(|key| key.unit == Unit::Count) {
        let most = usize::try_from(key.unit.at_most().unwrap()).unwrap();
        assert!(most <= tokio::sync::Semaphore::MAX_PERMITS, "{}", key.name);
    }
}

#[test]
fn an_address_without_its_port_and_an_empty_text_are_refused_wherever_they_are() {
    Jail::expect_with(|jail| {
        for (flag, key, value, step) in [
            ("--listen", "listen", "nonsense", "an address and a port"),
            ("--listen", "listen", "", "an address and a port"),
            ("--data", "data", "", "give a directory"),
            ("--anchor", "anchor_directory", "", "give a directory"),
        ] {
            let error = load(None, &[(key, value)]).unwrap_err();
            let place = format!("{flag} is \"{value}\"");
            assert!(error.starts_with(&place) && error.contains(step), "{error}");
        }
        for (text, step) in [
            ("listen = \"127.0.0.1\"", "an address and a port"),
            ("metrics_listen = \"\"", "an address and a port"),
            ("data = \"\"", "give a directory"),
            ("anchor_command = [\"\", \"-v\"]", "give a list of texts"),
        ] {
            jail.create_file("evident.toml", text)?;
            let error = load(Some("evident.toml"), &[]).unwrap_err();
            assert!(error.contains(" in evident.toml is "), "{error}");
            assert!(error.contains(step), "{error}");
        }
        jail.set_env("EVIDENT_METRICS_LISTEN", "9700");
        let error = load(None, &[]).unwrap_err();
        let place = "EVIDENT_METRICS_LISTEN is \"9700\": give an address and a port";
        assert!(error.starts_with(place), "{error}");
        Ok(())
    });
}

#[test]
fn mistakes_say_where_they_are_and_what_was_probably_meant() {
    let cases = [
        (
            "max_conections = 7",
            "max_conections in evident.toml is not",
            "did you mean max_connections?",
        ),
        (
            "quux = 7",
            "quux in evident.toml is not",
            "there are data, listen, ",
        ),
        (
            "max_tails = \"many\"",
            "max_tails in evident.toml is \"many\"",
            "give a whole number",
        ),
        (
            "max_tails = -1",
            "max_tails in evident.toml is -1",
            "give a whole number",
        ),
        ("data = 7", "data in evident.toml is 7", "give a directory"),
        (
            "anchor_command = \"keep\"",
            "is \"keep\"",
            "give a list of texts",
        ),
        ("anchor_command = [1]", "is [1]", "give a list of texts"),
        (
            "listen = \"a\"\nlisten = \"b\"",
            "evident.toml is not TOML at line 2",
            "duplicate key",
        ),
        (
            "data = ./x",
            "evident.toml is not TOML at line 1",
            "texts in quotes",
        ),
        (
            "[serve]\ndata = \"x\"",
            "serve in evident.toml is not",
            "correct or remove it",
        ),
    ];
    Jail::expect_with(|jail| {
        for (text, place, step) in cases {
            jail.create_file("evident.toml", text)?;
            let error = load(Some("evident.toml"), &[]).unwrap_err();
            assert!(error.contains(place) && error.contains(step), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
        let error = load(Some("."), &[]).unwrap_err();
        assert!(error.contains("EVIDENT_CONFIG"), "{error}");
        for (name, value, place, step) in [
            (
                "EVIDENT_MAX_TAIL",
                "7",
                "EVIDENT_MAX_TAIL is not",
                "did you mean EVIDENT_MAX_TAILS?",
            ),
            (
                "EVIDENT_QUUX",
                "7",
                "EVIDENT_QUUX is not",
                "EVIDENT_DATA, EVIDENT_LISTEN",
            ),
            (
                "EVIDENT_MAX_TAILS",
                "1e3",
                "EVIDENT_MAX_TAILS is \"1e3\"",
                "give a whole number",
            ),
            (
                "EVIDENT_ANCHOR_COMMAND",
                "/bin/keep",
                "EVIDENT_ANCHOR_COMMAND is",
                "give a list",
            ),
        ] {
            jail.set_env(name, value);
            let error = load(None, &[]).unwrap_err();
            assert!(error.contains(place) && error.contains(step), "{error}");
            jail.set_env(name, "");
        }
        Ok(())
    });
}

#[test]
fn the_documentation_has_the_largest_numbers() {
    let page = include_str!("../../../../docs/configuration.md");
    for key in &KEYS {
        let Some(most) = key.unit.at_most() else {
            continue;
        };
        let row = format!("| {} | `{most}` | ", key.unit.name().unwrap_or("none"));
        assert!(
            page.contains(&row),
            "docs/configuration.md should have {row}"
        );
    }
}

#[test]
fn the_documentation_has_every_key_with_its_default_and_unit() {
    let page = include_str!("../../../../docs/configuration.md");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .filter(|row: &Vec<&str>| row.len() == 5)
        .collect();
    let defaults = values_of(&Config::default());
    let expected: Vec<[String; 5]> = KEYS
        .iter()
        .map(|key| {
            let default = match &defaults[key.name] {
                Value::Null => "none".to_owned(),
                Value::Array(items) if items.is_empty() => "none".to_owned(),
                Value::String(text) => format!("`{text}`"),
                value => format!("`{value}`"),
            };
            let flag = key.flag.map(|flag| format!("`{flag}`"));
            [
                format!("`{}`", key.name),
                flag.unwrap_or_default(),
                default,
                key.unit.name().unwrap_or_default().to_owned(),
                key.meaning.to_owned(),
            ]
        })
        .collect();
    // What to write where it is wrong.
    let wanted: String = expected
        .iter()
        .map(|row| format!("| {} |\n", row.join(" | ").replace("|  |", "| |")))
        .collect();
    assert_eq!(
        rows, expected,
        "docs/configuration.md should have\n{wanted}"
    );
}
