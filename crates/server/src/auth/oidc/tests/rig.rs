//! The provider and the forger of `e2e/oidc`, started once for all tests.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use evident_event::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::super::{Begun, Identity, Oidc, OidcError, Provider, ProviderSettings, Reach, Returned};
use crate::edge;

/// Where they are, as they say themselves.
#[derive(Deserialize)]
pub(super) struct Rig {
    pub(super) issuer: String,
    pub(super) forger: String,
    pub(super) client_secret: String,
    pub(super) redirect_url: String,
    /// Ends with its standard input, that is, with this process.
    #[serde(skip)]
    _process: Option<Child>,
}

pub(super) fn rig() -> &'static Rig {
    static RIG: OnceLock<Rig> = OnceLock::new();
    RIG.get_or_init(start)
}

fn start() -> Rig {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e/oidc");
    let mut process = Command::new("node")
        .arg("provider.mjs")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("node is not there: run scripts/setup test");
    let mut line = String::new();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let rig: Rig = serde_json::from_str(&line)
        .expect("e2e/oidc/provider.mjs does not start: run scripts/setup test");
    Rig {
        _process: Some(process),
        ..rig
    }
}

/// A provider as an administrator would configure it.
pub(super) fn settings(issuer: &str) -> ProviderSettings {
    let scopes = ["email", "profile", "groups"];
    ProviderSettings {
        issuer: issuer.to_owned(),
        client_id: "evident".to_owned(),
        client_secret: Some(rig().client_secret.clone()),
        redirect_url: rig().redirect_url.clone(),
        groups_claim: "groups".to_owned(),
        scopes: scopes.map(str::to_owned).to_vec(),
    }
}

pub(super) fn provider(issuer: &str) -> Provider {
    Provider::new(settings(issuer), Reach::ThisMachineToo).unwrap()
}

/// The forger's provider of a case.
pub(super) fn forger(case: &str) -> Provider {
    provider(&format!("{}/{case}", rig().forger))
}

pub(super) fn oidc() -> Oidc {
    Oidc::new(Reach::ThisMachineToo)
}

pub(super) fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(seconds * 1_000_000).unwrap()
}

/// Ends a sign-in with the forger, which takes the code for the nonce.
pub(super) async fn end(
    oidc: &Oidc,
    provider: &Provider,
    begun: &Begun,
    now: Timestamp,
) -> Result<Identity, OidcError> {
    let code = &begun.expected.nonce;
    let returned = Returned { code, issuer: None };
    oidc.finish(provider, &begun.expected, returned, now).await
}

/// A whole sign-in with the forger.
pub(super) async fn sign_in(case: &str) -> Result<Identity, OidcError> {
    let (oidc, provider, now) = (oidc(), forger(case), edge::now());
    let begun = oidc.begin(&provider, now).await?;
    end(&oidc, &provider, &begun, now).await
}

/// How often a document of a case was asked for.
pub(super) fn asked(case: &str, document: &str) -> u64 {
    let url = format!("{}/{case}/asked", rig().forger);
    let text = ureq::get(url)
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    let counts: Value = serde_json::from_str(&text).unwrap();
    counts[document].as_u64().unwrap_or(0)
}
