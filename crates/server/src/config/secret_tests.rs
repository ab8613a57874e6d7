//! Secrets in the configuration: that no way to look at it, and no mistake in it, shows one.

#![allow(clippy::unwrap_used, clippy::panic, clippy::result_large_err)]

use figment::Jail;

use super::layers::variable_of;
use super::*;

const PASSWORD: &str = "Xs3cr3tX";

fn secret_keys() -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(|key| key.is_secret)
}

fn good(key: &Key) -> String {
    match key.name {
        "control_database" => format!("postgres://evident:{PASSWORD}@db.example.com/evident"),
        "smtp_url" => format!("smtp://evident:{PASSWORD}@mail.example.com"),
        "export_store_key" => PASSWORD.to_owned(),
        other => panic!("there is no secret {other}"),
    }
}

fn load(file: Option<&str>) -> Result<Loaded, ConfigError> {
    Loaded::load(file.map(Path::new), &Flags::new())
}

#[test]
fn urls_with_passwords_and_the_key_to_a_bucket_are_secrets_and_nothing_else_is() {
    let names: Vec<&str> = secret_keys().map(|key| key.name).collect();
    assert_eq!(names, ["control_database", "smtp_url", "export_store_key"]);
}

#[test]
fn a_secret_that_is_set_is_used_and_shown_as_set_alone() {
    Jail::expect_with(|jail| {
        jail.set_env("EVIDENT_MAIL_FROM", "audit@example.com");
        for key in secret_keys() {
            let unset = load(None).unwrap();
            assert_eq!(unset.config.secret(key), None);
            let mut settings = unset.settings().into_iter();
            let setting = settings.find(|setting| setting.key == key).unwrap();
            assert_eq!(
                (setting.value, setting.default),
                ("not set".into(), "not set".into())
            );

            jail.set_env(variable_of(key.name), good(key));
            let loaded = load(None).unwrap();
            assert_eq!(loaded.config.secret(key).unwrap().expose(), good(key));
            let mut settings = loaded.settings().into_iter();
            let setting = settings.find(|setting| setting.key == key).unwrap();
            assert_eq!(setting.value, "set");
            let debug = format!("{:?}", loaded.config);
            let json = serde_json::to_string(&loaded.config).unwrap();
            assert!(debug.contains("Some(set)"), "{debug}");
            assert!(!debug.contains(PASSWORD) && !json.contains(PASSWORD));
        }
        Ok(())
    });
}

#[test]
fn a_secret_that_is_refused_is_named_by_its_place_and_not_repeated() {
    Jail::expect_with(|jail| {
        jail.set_env("EVIDENT_MAIL_FROM", "audit@example.com");
        // Whatever has a form; of a word there is nothing to be refused.
        for key in secret_keys().filter(|key| key.unit != keys::Unit::Word) {
            let name = key.name;
            let bad = good(key).replace("://", ":/");
            jail.set_env(variable_of(name), &bad);
            let error = load(None).err().unwrap();
            let (told, debug) = (error.to_string(), format!("{error:?}"));
            assert!(told.contains(&variable_of(name)), "{told}");
            assert!(told.contains("give a URL"), "{told}");
            assert!(
                !told.contains(PASSWORD) && !debug.contains(PASSWORD),
                "{debug}"
            );
            jail.set_env(variable_of(name), "");
            // No text, a text without its quotes, a table, a key that is misspelt and one that is twice.
            let bad = good(key);
            for text in [
                format!("{name} = [\"{bad}\"]"),
                format!("{name} = \"{PASSWORD}\""),
                format!("{name} = {bad}"),
                format!("{name} = \"{bad}"),
                format!("{name} = \"{bad}\\q\""),
                format!("[{name}]\nurl = \"{bad}\""),
                format!("{name}s = \"{bad}\""),
                format!("{name} = \"{bad}\"\n{name} = \"{bad}\""),
            ] {
                jail.create_file("evident.toml", &text)?;
                let error = load(Some("evident.toml")).err().unwrap();
                let (told, debug) = (error.to_string(), format!("{error:?}"));
                assert!(told.contains("evident.toml"), "{told}");
                assert!(
                    !told.contains(PASSWORD) && !debug.contains(PASSWORD),
                    "{debug}"
                );
            }
        }
        Ok(())
    });
}

#[test]
fn a_mail_server_needs_a_sender() {
    Jail::expect_with(|jail| {
        jail.set_env("EVIDENT_SMTP_URL", "smtp://mail.example.com");
        let error = load(None).err().unwrap().to_string();
        assert!(
            error.starts_with("EVIDENT_SMTP_URL is given without mail_from"),
            "{error}"
        );
        jail.set_env("EVIDENT_MAIL_FROM", "audit");
        let error = load(None).err().unwrap().to_string();
        assert!(
            error.contains("EVIDENT_MAIL_FROM is \"audit\": give a mail address"),
            "{error}"
        );
        jail.set_env("EVIDENT_MAIL_FROM", "Audit <audit@example.com>");
        assert!(load(None).is_ok());
        Ok(())
    });
}

#[test]
fn what_is_told_of_the_network_around_is_read_as_such() {
    Jail::expect_with(|jail| {
        jail.set_env("EVIDENT_PUBLIC_URL", "https://audit.example.com/");
        jail.set_env(
            "EVIDENT_TRUSTED_PROXIES",
            "[\"10.0.0.7\", \"192.168.1.1/16\"]",
        );
        jail.set_env("EVIDENT_AUDIT_READS", "false");
        jail.set_env("EVIDENT_SESSION_IDLE_MINUTES", "15");
        let config = load(None).unwrap().config;
        assert_eq!(config.public_origin().unwrap(), "https://audit.example.com");
        let networks: Vec<String> = config
            .trusted_networks()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(networks, ["10.0.0.7/32", "192.168.0.0/16"]);
        assert!(!config.audit_reads);
        assert_eq!(config.session_idle(), Duration::from_secs(900));
        assert_eq!(config.session_max(), Duration::from_secs(30 * 86_400));
        for (name, value) in [
            ("EVIDENT_PUBLIC_URL", "https://audit.example.com/console"),
            ("EVIDENT_TRUSTED_PROXIES", "[\"10.0.0.7\", \"0.0.0.0/0\"]"),
            ("EVIDENT_TRUSTED_PROXIES", "10.0.0.7"),
            ("EVIDENT_AUDIT_READS", "yes"),
            ("EVIDENT_SESSION_MAX_DAYS", "366"),
        ] {
            let before = std::env::var(name).unwrap_or_default();
            jail.set_env(name, value);
            let error = load(None).err().unwrap().to_string();
            assert!(error.starts_with(&format!("{name} is ")), "{error}");
            jail.set_env(name, before);
        }
        Ok(())
    });
}
