//! Case: two texts are the same without regard to case exactly if they fold to the same text.
//!
//! This is Unicode's full case folding (`Straße` is `STRASSE`, `ς` is `Σ`), independent of any
//! language. The standard library has no folding, but the lower case of the upper case of the lower
//! case of a character tells the same characters apart, with one exception: the dotless `ı`, whose
//! upper case is the `I` of `i`, and which folds to itself.
//!
//! It must hold that folding is idempotent, and works character by character: what a text folds to
//! begins with what its beginnings fold to.

const DOTLESS_I: char = 'ı';

/// A text, folded.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            DOTLESS_I => folded.push(c),
            _ => folded.extend(
                c.to_lowercase()
                    .flat_map(char::to_uppercase)
                    .flat_map(char::to_lowercase),
            ),
        }
    }
    folded
}
