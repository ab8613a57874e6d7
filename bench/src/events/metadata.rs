//! The metadata that the catalog says an event has, prepared so that writing it is copying.

use evident_event::catalog::{Entry, FieldType};

/// One part of the text of an event's metadata.
#[derive(Debug, Clone)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// The id of the event's model, and its name.
    ModelId,
    ModelName,
    /// The id of the event's target, and its name.
    TargetId,
    TargetName,
    /// A number below that, written in hexadecimal.
    Hex(u64),
    /// A number below that.
    Number(u64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// What looks like a credential, and is replaced before it is kept.
    Credential,
}

/// The members of an event's metadata, each with a comma behind it.
pub fn pieces(entry: &Entry, target_type: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for field in &entry.metadata {
        pieces.push(Piece::Text(format!("\"{}\":", field.key)));
        value(&field.key, field.kind, target_type, &mut pieces);
        pieces.push(Piece::Text(",".to_owned()));
    }
    join(pieces)
}

fn value(key: &str, kind: FieldType, target_type: &str, pieces: &mut Vec<Piece>) {
    let text = |text: &str| Piece::Text(text.to_owned());
    match kind {
        FieldType::Integer => pieces.push(Piece::Number(5000)),
        FieldType::Duration => pieces.push(Piece::Number(7200)),
        FieldType::Number => {
            pieces.extend([text("0."), Piece::OneOf(&["1", "25", "4", "7", "95"])])
        }
        FieldType::Boolean => pieces.push(Piece::OneOf(&["true", "false"])),
        FieldType::YesNo => pieces.push(Piece::OneOf(&["\"yes\"", "\"no\""])),
        FieldType::StringList => pieces.extend([
            text("[\"item_"),
            Piece::Hex(500),
            text("\",\"item_"),
            Piece::Hex(500),
            text("\"]"),
        ]),
        FieldType::Any => pieces.extend([text("\"v"), Piece::Number(40), text("\"")]),
        FieldType::String => {
            pieces.push(text("\""));
            string(key, target_type, pieces);
            pieces.push(text("\""));
        }
    }
}

fn string(key: &str, target_type: &str, pieces: &mut Vec<Piece>) {
    let text = |text: &str| Piece::Text(text.to_owned());
    let (stem, last) = key.rsplit_once('_').unwrap_or((key, ""));
    match (key, last) {
        ("model_id", _) => pieces.push(Piece::ModelId),
        ("model_name", _) => pieces.push(Piece::ModelName),
        ("access_token", _) => pieces.push(Piece::Credential),
        ("hardware_type", _) => {
            pieces.push(Piece::OneOf(&["gpu-h200", "gpu-a100", "gpu-l4", "cpu"]))
        }
        ("login_method", _) => pieces.push(Piece::OneOf(&["password", "oidc", "saml"])),
        ("url", _) => pieces.extend([text("https://api.example.com/v2/call/"), Piece::Hex(2000)]),
        (_, "id") if stem == target_type => pieces.push(Piece::TargetId),
        (_, "name") if stem == target_type => pieces.push(Piece::TargetName),
        (_, "id") => pieces.extend([text(stem), text("_"), Piece::Hex(2000)]),
        (_, "name") => pieces.extend([text(stem), text("-"), Piece::Number(500)]),
        _ => pieces.push(Piece::OneOf(&[
            "standard", "extended", "managed", "preview",
        ])),
    }
}

/// Texts that follow each other become one.
fn join(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, piece) => joined.push(piece),
        }
    }
    joined
}
