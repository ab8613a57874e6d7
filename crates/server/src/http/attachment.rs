//! Files that are downloaded, and what they are called.
//!
//! It must hold that no name does harm: whatever a file system, a shell or a reader could stumble over is an underscore.

use axum::http::HeaderValue;

/// Most characters of a part of a name that somebody has chosen.
const MAX_NAME_CHARS: usize = 100;

/// What a browser is to call a file, as RFC 6266 has it: plain, and beside it as it really is if that is not plain.
pub(super) fn disposition(name: &str) -> HeaderValue {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii() { c } else { '_' })
        .collect();
    let mut text = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        text.push_str("; filename*=UTF-8''");
        text.extend(name.bytes().map(percent_encoded));
    }
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("attachment"))
}

/// A name as a part of a file's name.
pub(super) fn part_of_name(name: &str) -> String {
    let harmless = |c: char| match c {
        '-' | '.' => c,
        c if c.is_alphanumeric() => c,
        _ => '_',
    };
    let name: String = name.chars().take(MAX_NAME_CHARS).map(harmless).collect();
    match name.trim_start_matches('.') {
        "" => "_".to_owned(),
        name => name.to_owned(),
    }
}

fn percent_encoded(byte: u8) -> String {
    match byte {
        b'-' | b'.' | b'_' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    }
}
