//! Cells as the server's sheets have them, taken back to what they showed.
//!
//! A sheet has an apostrophe before whatever a program could take for a formula, at the beginning of a
//! cell and where a program may cut one. Here it is taken away again. A text that had an apostrophe at
//! such a place by itself loses it, as a sheet does not tell the one from the other.

use std::borrow::Cow;

/// What a formula begins with.
const BEGINS_FORMULAS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
/// Where programs may cut a line into cells.
const CUTS_CELLS: [char; 4] = [';', '\t', '\r', '\n'];

/// What a cell of a sheet showed.
pub(super) fn unguarded(cell: &str) -> Cow<'_, str> {
    let mut text = String::new();
    let mut copied = 0;
    let mut may_begin = true;
    let mut at_start = true;
    let mut characters = cell.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        let guards = c == '\''
            && may_begin
            && next.is_some_and(|next| {
                BEGINS_FORMULAS.contains(&next) && (at == 0 || !CUTS_CELLS.contains(&next))
            });
        if guards {
            text.push_str(&cell[copied..at]);
            copied = at + c.len_utf8();
            // What follows stands where the apostrophe stood.
            continue;
        }
        may_begin = CUTS_CELLS.contains(&c) || (may_begin && !at_start && matches!(c, ' ' | '"'));
        at_start = false;
    }
    if copied == 0 {
        return Cow::Borrowed(cell);
    }
    text.push_str(&cell[copied..]);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_apostrophe_of_a_guard_is_taken_away() {
        for (cell, text) in [
            ("'=1+1", "=1+1"),
            ("'-5", "-5"),
            ("'＝1", "＝1"),
            ("'\n=", "\n="),
            ("x;'=1", "x;=1"),
            ("x; \"'=1\"", "x; \"=1\""),
            ("a; '=b; c", "a; =b; c"),
            ("'tis", "'tis"),
            ("don't -5", "don't -5"),
            ("a '=b", "a '=b"),
            ("'", "'"),
            ("", ""),
        ] {
            assert_eq!(unguarded(cell), text, "{cell:?}");
        }
    }
}
