//! Embeds the console, if it has been built.
//!
//! Node makes it, in `console/dist`; this only takes what is there. What must always hold: `cargo build` works without
//! Node and without that folder, and the binary then has no console and says so. What is embedded is a copy that was
//! made once, so that a build of the console at the same time cannot tear it.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Where the console's build puts its files, from this crate.
const BUILT: &str = "../../console/dist";
/// What is served of it: the console itself, and what other pages may embed.
const PARTS: [&str; 2] = ["console", "viewer"];

fn main() -> Result<(), Box<dyn Error>> {
    let built = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(BUILT);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    // Cargo takes a folder that is not there for one that changes all the time, and would build anew each time.
    match fs::create_dir_all(&built) {
        Ok(()) => println!("cargo::rerun-if-changed={}", built.display()),
        Err(error) => println!("cargo::warning={}: {error}", built.display()),
    }
    let copies = out.join("console");
    if copies.exists() {
        fs::remove_dir_all(&copies)?;
    }
    fs::create_dir_all(&copies)?;
    let mut code = String::from("&[\n");
    for (number, file) in files(&built)?.iter().enumerate() {
        fs::copy(file, copies.join(number.to_string()))?;
        let name = file.strip_prefix(&built)?;
        let name = name
            .to_str()
            .ok_or("a file of the console has no name in UTF-8")?;
        writeln!(
            code,
            "    ({name:?}, include_bytes!(concat!(env!(\"OUT_DIR\"), \"/console/{number}\"))),"
        )?;
    }
    code.push_str("]\n");
    fs::write(out.join("console.rs"), code)?;
    Ok(())
}

/// Every file of the parts, in a fixed order.
fn files(built: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = PARTS.iter().map(|part| built.join(part)).collect();
    open.retain(|part| part.exists());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            match path.is_dir() {
                true => open.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    Ok(found)
}
