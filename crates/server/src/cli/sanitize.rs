//! Text of others, made fit for a terminal.
//!
//! What an event says was chosen by whoever sent it. A terminal obeys some characters (escape
//! sequences, the eight-bit controls), lets some turn the order of what is shown around, and shows
//! some not at all. Of these none may reach it, and the reader must see that something was there:
//! a control is shown by its picture (`␛`), any other by its number (`<U+202E>`).
//!
//! The set is Unicode's `Default_Ignorable_Code_Point`, with the controls, the line separators and
//! the interlinear annotations. It includes the joiners that some scripts and emoji are written
//! with: they look a little worse here, and nothing hides behind them.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use unicode_width::UnicodeWidthChar;

/// Most characters without a width that are shown upon one another, as the accents of a letter
/// are. Scripts in use need fewer.
const MAX_MARKS: usize = 4;
/// Most characters of a message that are shown.
const MAX_MESSAGE_CHARS: usize = 4_000;

/// The variation selectors that choose between a glyph of text and an emoji. They alone are left
/// out without a trace: they hide nothing, and are common.
const PRESENTATION: RangeInclusive<char> = '\u{FE0E}'..='\u{FE0F}';

/// Characters that a terminal must not be given, beside the controls.
const UNFIT: [RangeInclusive<char>; 17] = [
    '\u{AD}'..='\u{AD}',
    '\u{34F}'..='\u{34F}',
    '\u{61C}'..='\u{61C}',
    '\u{115F}'..='\u{1160}',
    '\u{17B4}'..='\u{17B5}',
    '\u{180B}'..='\u{180F}',
    '\u{200B}'..='\u{200F}',
    '\u{2028}'..='\u{202E}',
    '\u{2060}'..='\u{206F}',
    '\u{3164}'..='\u{3164}',
    '\u{FE00}'..='\u{FE0F}',
    '\u{FEFF}'..='\u{FEFF}',
    '\u{FFA0}'..='\u{FFA0}',
    '\u{FFF0}'..='\u{FFFB}',
    '\u{1BCA0}'..='\u{1BCA3}',
    '\u{1D173}'..='\u{1D17A}',
    '\u{E0000}'..='\u{E0FFF}',
];

/// Whether a terminal may be given this character.
fn is_fit(c: char) -> bool {
    match c {
        ' '..='~' => true,
        _ => !c.is_control() && !UNFIT.iter().any(|range| range.contains(&c)),
    }
}

/// The columns that a terminal gives a character that is fit for it.
pub(super) fn columns(c: char) -> usize {
    c.width().unwrap_or_default()
}

/// The characters of a text as they may be shown, in one line.
pub(super) fn shown(text: &str) -> impl Iterator<Item = char> {
    let mut marks = 0;
    text.chars().flat_map(move |c| {
        let is_mark = columns(c) == 0;
        marks = if is_mark { marks + 1 } else { 0 };
        Shown::of(c, is_mark && marks > MAX_MARKS)
    })
}

/// What stands for one character.
struct Shown {
    one: Option<char>,
    number: std::vec::IntoIter<char>,
}

impl Shown {
    fn of(c: char, is_too_many: bool) -> Self {
        let one = |c| Self {
            one: Some(c),
            number: Vec::new().into_iter(),
        };
        match c {
            _ if is_fit(c) && !is_too_many => one(c),
            // The pictures stand in the order of the controls.
            '\0'..='\x1f' => one(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{FFFD}')),
            '\x7f' => one('\u{2421}'),
            _ if PRESENTATION.contains(&c) => Self {
                one: None,
                number: Vec::new().into_iter(),
            },
            _ => Self {
                one: None,
                number: format!("<U+{:04X}>", u32::from(c))
                    .chars()
                    .collect::<Vec<_>>()
                    .into_iter(),
            },
        }
    }
}

impl Iterator for Shown {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        self.one.take().or_else(|| self.number.next())
    }
}

/// A text of a server's, such as a problem's detail, as one line of a message.
pub(super) fn message(text: &str) -> String {
    let mut characters = shown(text.trim());
    let mut line: String = characters.by_ref().take(MAX_MESSAGE_CHARS).collect();
    if characters.next().is_some() {
        line.push('…');
    }
    line
}

/// JSON that says the same, and has no character that a terminal must not be given.
///
/// Such characters stand inside of strings, where JSON lets them be written by number; but for
/// white space between the tokens, of which the end of a line is kept.
pub(super) fn json(text: &str) -> Cow<'_, str> {
    let is_safe = |c: char| c == '\n' || is_fit(c);
    if text.chars().all(is_safe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            _ if is_safe(c) => safe.push(c),
            '\0'..='\x1f' => safe.push(' '),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    safe.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    Cow::Owned(safe)
}

/// Lines of text that come in pieces, which may end in the middle of a character or of a line's end.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The beginning of what has not come whole yet.
    begun: Vec<u8>,
}

impl Lines {
    /// The next piece, fit for a terminal. Ends of lines are kept.
    pub(super) fn feed(&mut self, piece: &[u8]) -> String {
        self.begun.extend_from_slice(piece);
        let whole = match std::str::from_utf8(&self.begun) {
            Ok(text) => text.len(),
            // No length: the text ends within a character. Otherwise it is no UTF-8 here, which
            // the lossy reading shows.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => self.begun.len(),
        };
        // Its line feed may come with the next piece.
        let ends_in_return = self.begun[..whole].ends_with(b"\r");
        let whole = whole - usize::from(ends_in_return);
        let text = String::from_utf8_lossy(&self.begun[..whole]).replace("\r\n", "\n");
        let mut safe = String::with_capacity(text.len());
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                safe.push('\n');
            }
            safe.extend(shown(line));
        }
        self.begun.drain(..whole);
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe(text: &str) -> String {
        shown(text).collect()
    }

    #[test]
    fn what_people_write_is_left_as_it_is() {
        for text in [
            "Created guardrail “No secrets” – 100 %",
            "Zoë, Łukasz, Đặng, Ada 李, Олег, عائشة, देवी, ทดสอบ, 한국어",
            "🛡 shield",
            "e\u{301}",
        ] {
            assert_eq!(safe(text), text);
        }
    }

    #[test]
    fn controls_are_shown_by_their_pictures_and_the_rest_by_number() {
        assert_eq!(safe("a\x1b[2J\r\n\tb\0\x7f"), "a␛[2J␍␊␉b␀␡");
        assert_eq!(safe("\u{9b}31m\u{85}"), "<U+009B>31m<U+0085>");
        assert_eq!(safe("x\u{202e}gpj.exe"), "x<U+202E>gpj.exe");
        assert_eq!(safe("a\u{200b}b\u{feff}"), "a<U+200B>b<U+FEFF>");
        assert_eq!(safe("\u{2028}\u{2066}\u{61c}"), "<U+2028><U+2066><U+061C>");
        assert_eq!(safe("\u{e0041}"), "<U+E0041>");
    }

    #[test]
    fn an_emoji_loses_its_variation_selector_and_nothing_else() {
        assert_eq!(safe("⚠\u{fe0f} hot"), "⚠ hot");
        assert_eq!(safe("a\u{fe00}"), "a<U+FE00>");
    }

    #[test]
    fn accents_do_not_pile_up() {
        let pile = format!("e{}", "\u{301}".repeat(5));
        assert_eq!(
            safe(&pile),
            format!("e{}<U+0301>", "\u{301}".repeat(4)),
            "the fifth is shown by number"
        );
        assert_eq!(safe("e\u{301}e\u{301}e\u{301}"), "e\u{301}e\u{301}e\u{301}");
    }

    #[test]
    fn nothing_that_is_left_obeys_or_hides() {
        let every = (0..=0x0010_FFFF).filter_map(char::from_u32);
        for c in every {
            for c in shown(&format!("x{c}")) {
                assert!(is_fit(c) && !c.is_control(), "{c:?}");
            }
        }
        // Unicode's own list of what a renderer shows nothing for, by its edges.
        for c in "\u{ad}\u{180e}\u{200d}\u{2064}\u{206a}\u{fe0f}\u{fff9}\u{e01ef}".chars() {
            assert!(!is_fit(c), "{c:?}");
        }
    }

    #[test]
    fn json_says_the_same_without_them() {
        let hostile = "{\"a\":\"\u{9b}\u{202e}x\u{7f}\u{e0041}é\",\r\n\t\"b\":1}\n";
        let safe = json(hostile);
        assert!(safe.chars().all(|c| c == '\n' || is_fit(c)), "{safe:?}");
        assert!(safe.contains("\\u009b\\u202ex\\u007f\\udb40\\udc41é"));
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        assert!(value(hostile).is_some());
        assert_eq!(value(hostile), value(&safe));
        assert!(matches!(json("{\"a\":\"é\"}\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn lines_are_made_fit_wherever_they_are_cut() {
        let text = "a,\u{9b}b\r\n李,\u{202e}\x1b\n";
        let bytes = text.as_bytes();
        for cut in 0..bytes.len() {
            let mut lines = Lines::default();
            let both = lines.feed(&bytes[..cut]) + &lines.feed(&bytes[cut..]);
            assert_eq!(both, "a,<U+009B>b\n李,<U+202E>␛\n", "cut at {cut}");
        }
        let mut lines = Lines::default();
        assert_eq!(lines.feed(b"a\xffb\n"), "a\u{fffd}b\n");
    }

    #[test]
    fn a_message_is_one_line_of_bounded_length() {
        assert_eq!(message(" no\nsuch \x1bfield\n"), "no␊such ␛field");
        assert_eq!(
            message(&"x".repeat(MAX_MESSAGE_CHARS)).len(),
            MAX_MESSAGE_CHARS
        );
        let long = message(&"x".repeat(MAX_MESSAGE_CHARS + 1));
        assert!(long.ends_with('…'));
    }
}
