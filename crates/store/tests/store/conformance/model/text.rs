//! Case, words and patterns, over the characters that are generated.

/// What is left of a text when case makes no difference: its lower case, with the few letters
/// spelled out whose upper case is not one letter of their own. Those that need more than this,
/// such as `ΐ`, are not generated.
pub fn fold(text: &str) -> String {
    text.to_lowercase()
        .replace('ß', "ss")
        .replace('ς', "σ")
        .replace('ſ', "s")
        .replace('ﬁ', "fi")
}

/// A word is a run of letters, digits and `_`.
pub fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.chars() {
        if c.is_alphanumeric() || c == '_' {
            words.last_mut().unwrap().push(c);
        } else {
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words.iter().map(|word| fold(word)).collect()
}

/// Whether a text fits a pattern, in which `None` is any run of characters.
pub fn fits(pattern: &[Option<char>], text: &[char]) -> bool {
    match (pattern, text) {
        ([], _) => text.is_empty(),
        ([None, rest @ ..], []) => fits(rest, text),
        ([None, rest @ ..], [_, later @ ..]) => fits(rest, text) || fits(pattern, later),
        ([Some(c), rest @ ..], [first, later @ ..]) => c == first && fits(rest, later),
        ([Some(_), ..], []) => false,
    }
}

/// The pattern of these parts, with any run of characters between two of them.
pub fn pattern(parts: &[String]) -> Vec<Option<char>> {
    let mut pattern = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            pattern.push(None);
        }
        pattern.extend(part.chars().map(Some));
    }
    pattern
}

/// Whether a text fits the pattern of these parts.
pub fn is_like(parts: &[String], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    fits(&pattern(parts), &text)
}
