//! Who may know whom: crates by their manifests, the pure crates by what they call, the modules of
//! the server by the paths they name.

use toml::{Table, Value};

use super::{Repository, report};
use crate::Finding;
use crate::tree::File;

/// Our crates and which of ours each may depend on, tests and build scripts included. A crate
/// that is not listed may depend on none.
const CRATES: [(&str, &[&str]); 4] = [
    ("activity", &["event"]),
    ("store", &["event", "ledger"]),
    ("client", &["event", "ledger"]),
    ("server", &["activity", "event", "ledger", "store"]),
];

/// The crates that must give the same output for the same input, for ever.
const PURE: [&str; 3] = ["activity", "event", "ledger"];

/// What reads a clock, a file, a socket, the environment or randomness, or waits. (An address is
/// but a value.)
const IMPURE: [&str; 21] = [
    "std::fs",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::ToSocketAddrs",
    "std::net::UdpSocket",
    "std::process",
    "std::env",
    "std::os",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::io::stdin",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "uuid::Uuid::new_v4",
    "uuid::Uuid::now_v7",
    "async_std",
    "tokio",
    "getrandom",
    "rand",
    "rustix",
];

/// The same behind a glob, where the name itself is out of sight.
const IMPURE_GLOBS: [&str; 3] = ["std::*", "std::net::*", "std::time::*"];

/// The features of the server.
const FEATURES: [&str; 8] = [
    "acts", "auth", "capture", "control", "detect", "export", "query", "stream",
];

/// The features that every other one may use.
const SHARED: [&str; 3] = ["acts", "auth", "control"];

/// Dependencies between our crates that the layering forbids.
pub fn crates(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    let manifests = repository.manifests();
    let root = manifests.get("").and_then(|file| table(file).ok());
    let shared = root.as_ref().and_then(|root| {
        let workspace = root.get("workspace")?.as_table()?;
        workspace.get("dependencies")?.as_table()
    });
    for (folder, file) in manifests {
        let manifest = match table(file) {
            Ok(manifest) => manifest,
            Err(reason) => {
                findings.push(at(file, reason));
                continue;
            }
        };
        let allowed = CRATES.iter().find(|(name, _)| *name == folder);
        let allowed = allowed.map_or(&[] as &[&str], |(_, allowed)| allowed);
        for name in dependencies(&manifest, shared) {
            if let Some(ours) = name.strip_prefix("evident-")
                && !allowed.contains(&ours)
            {
                findings.push(at(file, format!("depends on {name}")));
            }
        }
    }
    report(findings)
}

fn table(file: &File) -> Result<Table, String> {
    let parsed = file.text.parse::<Table>();
    parsed.map_err(|error| format!("is not TOML: {}", error.message()))
}

fn at(file: &File, what: String) -> Finding {
    Finding {
        file: file.path.clone(),
        line: 0,
        what,
    }
}

/// The packages of every dependency table, whatever they are called in the code.
fn dependencies(manifest: &Table, shared: Option<&Table>) -> Vec<String> {
    const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(Table::values);
    let scopes = targets.filter_map(Value::as_table).chain([manifest]);
    let mut found = Vec::new();
    for scope in scopes {
        let tables = KINDS.iter().filter_map(|kind| scope.get(*kind)?.as_table());
        for (name, wanted) in tables.flatten() {
            let inherited = wanted.get("workspace").and(shared);
            let inherited = inherited.and_then(|shared| shared.get(name));
            let package = |value: &Value| Some(value.get("package")?.as_str()?.to_owned());
            let package = package(wanted).or_else(|| inherited.and_then(package));
            found.push(package.unwrap_or_else(|| name.clone()));
        }
    }
    found
}

/// What the pure crates must not call.
pub fn purity(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_pure = |folder: &str| PURE.contains(&folder);
    for module in &repository.modules {
        if !is_pure(&module.folder) {
            continue;
        }
        for mention in &module.mentions {
            let impure = IMPURE.iter().any(|path| mention.is_in(path))
                || IMPURE_GLOBS.contains(&mention.path.as_str());
            if impure && module.is_product(mention.offset) {
                findings.push(module.finding(mention.offset, mention.path.as_str()));
            }
        }
        for (word, offset, _) in crate::paths::words(&module.code) {
            if matches!(word, "async" | "await") && module.is_product(offset) {
                findings.push(module.finding(offset, word));
            }
        }
    }
    report(findings)
}

/// Where somebody other than `auth` says what may be seen.
pub fn scopes(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for module in &repository.modules {
        let is_auth = module.place.first().is_some_and(|place| place == "auth");
        if module.folder != "server" || !module.in_product || is_auth {
            continue;
        }
        for mention in &module.mentions {
            let makes = ["organization", "project", "projects"]
                .iter()
                .any(|made| mention.is_in(&format!("evident_event::query::Scope::{made}")));
            if makes && module.is_product(mention.offset) {
                findings.push(module.finding(mention.offset, mention.path.as_str()));
            }
        }
    }
    report(findings)
}

/// What the modules of the server must not name of each other.
pub fn server(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for module in &repository.modules {
        if module.folder != "server" || !module.in_product {
            continue;
        }
        let here = module.place.first().map_or("", String::as_str);
        for mention in &module.mentions {
            let Some(path) = mention.path.strip_prefix("crate::") else {
                continue;
            };
            let there = path.split("::").next().unwrap_or_default();
            if here != there && module.is_product(mention.offset) && !may_use(here, there) {
                findings.push(module.finding(mention.offset, mention.path.as_str()));
            }
        }
    }
    report(findings)
}

/// Whether the server's module `here` (`""` is the crate's root) may name its module `there`.
fn may_use(here: &str, there: &str) -> bool {
    match there {
        "app" => matches!(here, "" | "cli"),
        "cli" => here.is_empty(),
        "http" => here == "app",
        "demo" => matches!(here, "app" | "cli"),
        feature if FEATURES.contains(&feature) => {
            matches!(here, "app" | "http" | "cli" | "demo") || SHARED.contains(&feature)
        }
        // A foundation, such as the configuration: for everybody.
        _ => true,
    }
}
