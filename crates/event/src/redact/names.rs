//! Names that say that what stands under them is secret.
//!
//! Names are compared whole and normalized: letters in lower case, without `-`, `_` and spaces. So
//! `apiKey`, `api_key` and `X-API-Key` are found, and `tokens_consumed`, `max_tokens`, `key_id` and
//! `password_policy` are not. A name belongs here if its value, whatever it is, would be a finding in
//! a security review; one that more often holds a count, a setting or an identifier does not.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Names that are secret as they stand.
const PLAIN: &[&str] = &[
    // Passwords and what is typed in their place.
    "password",
    "passwords",
    "passwd",
    "pwd",
    "pass",
    "passphrase",
    "passcode",
    "pin",
    "password_confirmation",
    "confirm_password",
    "password_confirm",
    "repeat_password",
    "one_time_password",
    "otp",
    "otp_code",
    "totp",
    "totp_code",
    "totp_secret",
    "otp_secret",
    "mfa_code",
    "mfa_secret",
    "recovery_code",
    "recovery_codes",
    "backup_code",
    "backup_codes",
    "verification_code",
    "security_code",
    "security_answer",
    "seed_phrase",
    "recovery_phrase",
    "mnemonic",
    "htpasswd",
    "pgpassword",
    "mysql_pwd",
    "sshpass",
    "redis_auth",
    "requirepass",
    // Secrets and keys.
    "secret",
    "secrets",
    "secret_value",
    "client_secret",
    "app_secret",
    "consumer_secret",
    "shared_secret",
    "signing_secret",
    "webhook_secret",
    "jwt_secret",
    "hmac_secret",
    "api_secret",
    "secret_key",
    "secret_key_base",
    "private_key",
    "private_key_pem",
    "rsa_private_key",
    "ssh_private_key",
    "tls_private_key",
    "tls_key",
    "api_key",
    "x_api_key",
    "x_goog_api_key",
    "api_token",
    "access_key",
    "secret_access_key",
    "aws_secret_access_key",
    "signing_key",
    "encryption_key",
    "decryption_key",
    "master_key",
    "hmac_key",
    "auth_key",
    "account_key",
    "storage_key",
    "storage_account_key",
    "shared_access_key",
    "shared_access_signature",
    "service_account_key",
    "subscription_key",
    "ocp_apim_subscription_key",
    "app_key",
    "application_key",
    "license_secret",
    "key_material",
    "keytab",
    "kubeconfig",
    // Tokens. `tokens` is a count on an AI platform, and `page_token` a cursor.
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "auth_token",
    "authentication_token",
    "authorization_token",
    "bearer",
    "bearer_token",
    "session_token",
    "csrf_token",
    "xsrf_token",
    "x_csrf_token",
    "x_xsrf_token",
    "csrf_middleware_token",
    "authenticity_token",
    "x_auth_token",
    "x_access_token",
    "x_vault_token",
    "x_amz_security_token",
    "x_amz_signature",
    "x_goog_signature",
    "aws_session_token",
    "security_token",
    "oauth_token",
    "oauth_token_secret",
    "oauth_verifier",
    "personal_access_token",
    "private_token",
    "job_token",
    "deploy_token",
    "bot_token",
    "device_token",
    "push_token",
    "login_token",
    "reset_token",
    "password_reset_token",
    "invite_token",
    "invitation_token",
    "registration_token",
    "verification_token",
    "magic_link_token",
    "sas_token",
    "service_token",
    "user_token",
    "admin_token",
    "root_token",
    "client_token",
    "app_token",
    "webhook_token",
    "viewer_token",
    "client_assertion",
    "saml_response",
    "saml_assertion",
    "authorization_code",
    "auth_code",
    "device_code",
    "code_verifier",
    "jwt",
    // Headers and cookies.
    "authorization",
    "proxy_authorization",
    "x_authorization",
    "x_forwarded_authorization",
    "cookie",
    "cookies",
    "set_cookie",
    "session_cookie",
    "php_sess_id",
    "j_session_id",
    "connect.sid",
    // What holds several of these.
    "credential",
    "credentials",
    "creds",
    "connection_string",
    "conn_string",
    "connection_uri",
    // Payment cards.
    "card_number",
    "credit_card",
    "credit_card_number",
    "cc_number",
    "cvv",
    "cvv2",
    "cvc",
    "cvc2",
    "card_cvc",
    "card_cvv",
];

/// What a password or a key is said to be of, in front of its name.
const OWNERS: &[&str] = &[
    "account",
    "admin",
    "basic_auth",
    "bind",
    "client",
    "current",
    "database",
    "db",
    "default",
    "email",
    "encrypted",
    "ftp",
    "guest",
    "http",
    "imap",
    "initial",
    "jdbc",
    "kafka",
    "key",
    "keystore",
    "ldap",
    "login",
    "master",
    "mongo",
    "mongodb",
    "my",
    "mysql",
    "new",
    "old",
    "oracle",
    "pg",
    "plain",
    "plaintext",
    "postgres",
    "postgresql",
    "previous",
    "proxy",
    "rabbitmq",
    "raw",
    "redis",
    "root",
    "sa",
    "service",
    "sftp",
    "smtp",
    "snowflake",
    "spring_datasource",
    "sql",
    "ssh",
    "sudo",
    "system",
    "temp",
    "temporary",
    "truststore",
    "user",
    "vault",
    "wifi",
];
const OWNED: &[&str] = &["password", "passwd", "pwd", "passphrase"];

/// Services, in front of what opens them.
const SERVICES: &[&str] = &[
    "airtable",
    "algolia",
    "anthropic",
    "atlassian",
    "aws",
    "azure",
    "azure_openai",
    "bedrock",
    "claude",
    "cloudflare",
    "cohere",
    "databricks",
    "datadog",
    "dd",
    "deepseek",
    "digitalocean",
    "discord",
    "docker",
    "elastic",
    "elevenlabs",
    "fireworks",
    "gcp",
    "gemini",
    "gh",
    "github",
    "gitlab",
    "google",
    "groq",
    "heroku",
    "hf",
    "hugging_face",
    "hugging_face_hub",
    "huggingface",
    "jira",
    "langchain",
    "langfuse",
    "langsmith",
    "mailchimp",
    "mailgun",
    "mistral",
    "newrelic",
    "node_auth",
    "notion",
    "npm",
    "nvidia",
    "okta",
    "openai",
    "openrouter",
    "perplexity",
    "pinecone",
    "pypi",
    "qdrant",
    "replicate",
    "salesforce",
    "sendgrid",
    "sentry",
    "serp",
    "shopify",
    "slack",
    "stripe",
    "supabase",
    "tavily",
    "telegram",
    "together",
    "twilio",
    "vault",
    "vercel",
    "voyage",
    "wandb",
    "weaviate",
    "xai",
    "zendesk",
];
const OPENERS: &[&str] = &[
    "api_key",
    "api_token",
    "access_token",
    "auth_token",
    "token",
    "secret",
    "secret_key",
    "client_secret",
    "api_secret",
    "key",
    "bot_token",
    "signing_secret",
    "webhook_secret",
];

static BUILT_IN: LazyLock<Table> = LazyLock::new(|| {
    let pairs = |first: &'static [&str], second: &'static [&str]| {
        let joined = move |a: &&str| second.iter().map(|b| [*a, b].concat()).collect::<Vec<_>>();
        first.iter().flat_map(joined).collect::<Vec<_>>()
    };
    let plain = PLAIN.iter().map(|name| (*name).to_owned());
    let all = plain
        .chain(pairs(OWNERS, OWNED))
        .chain(pairs(SERVICES, OPENERS));
    Table::of(all.collect::<Vec<_>>().iter().map(String::as_str))
});

/// The built-in names and an organization's own.
#[derive(Debug)]
pub(super) struct Names {
    own: Table,
}

impl Names {
    pub(super) fn with(own: &[String]) -> Self {
        Self {
            own: Table::of(own.iter().map(String::as_str)),
        }
    }

    pub(super) fn has_own(&self, key: &str) -> bool {
        self.own.has(key)
    }

    pub(super) fn has_built_in(&self, key: &str) -> bool {
        BUILT_IN.has(key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.has_built_in(key) || self.has_own(key)
    }
}

/// A set of normalized names, which most keys are seen not to be in by their ends and length alone.
#[derive(Debug)]
pub(super) struct Table {
    names: HashSet<String>,
    /// For each first and last letter, the lengths that names have, as bits.
    lengths: Box<[[u64; LETTERS]; LETTERS]>,
    /// Whether some name begins or ends with something else than an ASCII letter.
    has_odd_ends: bool,
    /// Whether some name has letters that are not ASCII.
    has_foreign: bool,
}

/// Values of a letter's low five bits.
const LETTERS: usize = 32;
/// Lengths from here on share a bit.
const MAX_LENGTH_BIT: usize = 63;

impl Default for Table {
    fn default() -> Self {
        Self::of(std::iter::empty())
    }
}

impl Table {
    pub(super) fn of<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let mut table = Self {
            names: names.map(|name| normalized(name).into_owned()).collect(),
            lengths: Box::new([[0; LETTERS]; LETTERS]),
            has_odd_ends: false,
            has_foreign: false,
        };
        for name in &table.names {
            table.has_foreign |= !name.is_ascii();
            match letters_at_ends(name) {
                Some((first, last)) => {
                    table.lengths[first][last] |= 1 << name.len().min(MAX_LENGTH_BIT);
                }
                None => table.has_odd_ends = true,
            }
        }
        table
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    #[inline]
    pub(super) fn has(&self, key: &str) -> bool {
        if let Some((first, last)) = letters_at_ends(key)
            && !self.has_foreign
            && self.lengths[first][last] == 0
        {
            return false;
        }
        self.look_up(key)
    }

    fn look_up(&self, key: &str) -> bool {
        let mut buffer = [0; MAX_LENGTH_BIT];
        let Some(normal) = normalized_ascii(key, &mut buffer) else {
            return !self.is_empty() && self.names.contains(&*normalized(key));
        };
        let may_be = match letters_at_ends(normal) {
            Some((first, last)) => self.lengths[first][last] >> normal.len() & 1 == 1,
            None => self.has_odd_ends,
        };
        may_be && self.names.contains(normal)
    }
}

/// The first and the last letter, as numbers below [`LETTERS`], if both are ASCII letters.
#[inline]
fn letters_at_ends(name: &str) -> Option<(usize, usize)> {
    let bytes = name.as_bytes();
    let (first, last) = (bytes.first()?, bytes.last()?);
    let both = first.is_ascii_alphabetic() && last.is_ascii_alphabetic();
    both.then(|| (usize::from(first & 31), usize::from(last & 31)))
}

/// The same as [`normalized`] for a short name in ASCII, without an allocation.
fn normalized_ascii<'b>(name: &str, buffer: &'b mut [u8; MAX_LENGTH_BIT]) -> Option<&'b str> {
    let mut length = 0;
    for byte in name.bytes() {
        if !byte.is_ascii() {
            return None;
        }
        if !is_separator(byte) {
            *buffer.get_mut(length)? = byte.to_ascii_lowercase();
            length += 1;
        }
    }
    std::str::from_utf8(buffer.get(..length)?).ok()
}

/// A name as names are compared.
pub(super) fn normalized(name: &str) -> Cow<'_, str> {
    let is_normal = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase() && !is_separator(byte);
    if name.bytes().all(is_normal) {
        return Cow::Borrowed(name);
    }
    let kept = name.chars().filter(|c| !matches!(c, '-' | '_' | ' '));
    Cow::Owned(kept.flat_map(char::to_lowercase).collect())
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'-' | b'_' | b' ')
}
