//! What the JSON tests share: random values, their text with random white space and escapes, and
//! the comparison with serde_json.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accepts;
mod refuses;
mod splits;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// JSON values of every kind; integers and doubles of every size.
pub(crate) fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z\"\\\\/{}\\[\\],: ]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec(("[a-c\u{e000}😀é]{0,2}", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A value as text, with white space and escapes as the seed has them.
pub(crate) fn noisy_text(value: &Value, seed: u64) -> String {
    let mut noise = Noise {
        state: seed | 1,
        text: String::new(),
    };
    noise.space();
    noise.value(value);
    noise.space();
    noise.text
}

struct Noise {
    state: u64,
    text: String,
}

impl Noise {
    fn roll(&mut self, sides: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) % sides
    }

    fn space(&mut self) {
        while self.roll(4) == 0 {
            let space = [' ', '\n', '\r', '\t'][self.roll(4) as usize];
            self.text.push(space);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.string(text),
            Value::Array(items) => self.list('[', ']', items, |noise, item| noise.value(item)),
            Value::Object(members) => {
                self.list('{', '}', members, |noise, (name, value)| {
                    noise.string(name);
                    noise.space();
                    noise.text.push(':');
                    noise.space();
                    noise.value(value);
                });
            }
            other => self.text.push_str(&other.to_string()),
        }
    }

    fn list<T>(
        &mut self,
        open: char,
        close: char,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.text.push(open);
        self.space();
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.text.push(',');
                self.space();
            }
            write(self, item);
            self.space();
        }
        self.text.push(close);
    }

    fn string(&mut self, text: &str) {
        self.text.push('"');
        for c in text.chars() {
            let must = matches!(c, '"' | '\\') || c < ' ';
            if must || self.roll(8) == 0 {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let upper = self.roll(2) == 0;
                    let escape = if upper {
                        format!("\\u{unit:04X}")
                    } else {
                        format!("\\u{unit:04x}")
                    };
                    self.text.push_str(&escape);
                }
            } else {
                self.text.push(c);
            }
        }
        self.text.push('"');
    }
}

/// Text that is almost JSON: a value with bytes removed, replaced or put in.
fn almost_json() -> impl Strategy<Value = Vec<u8>> {
    let alphabet = prop::sample::select(b"{}[]\":,\\u0d8eE+-.1279tfn /\n\x01\xff\xc3".to_vec());
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..3u8, alphabet), 0..4);
    (values(), any::<u64>(), edits).prop_map(|(value, seed, edits)| {
        let mut text = noisy_text(&value, seed).into_bytes();
        for (at, edit, byte) in edits {
            let at = at.index(text.len() + 1);
            match edit {
                0 => text.insert(at, byte),
                1 if at < text.len() => text[at] = byte,
                _ if at < text.len() => drop(text.remove(at)),
                _ => text.push(byte),
            }
        }
        text
    })
}

/// Whether both are the same value, doubles to the last bit.
fn agree(ours: &Json<'_>, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Json::Null, Value::Null) => true,
        (Json::Bool(a), Value::Bool(b)) => a == b,
        (Json::Int(a), Value::Number(b)) => b.as_f64() == Some(*a as f64),
        (Json::Float(a), Value::Number(b)) => b.as_f64() == Some(*a),
        (Json::String(a), Value::String(b)) => a == b,
        (Json::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agree(a, b))
        }
        (Json::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(&**name).is_some_and(|b| agree(a, b)))
        }
        _ => false,
    }
}
