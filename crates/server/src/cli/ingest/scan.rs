//! Whether a line has an id, without parsing it.
//!
//! Most lines are sent as they are, so all there is to find out is whether the outermost object has a
//! member `id`, and where it closes. What is no JSON is left as it is: the server says best what is wrong.

use std::ops::Range;

/// What a line says of its id.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Id {
    /// It has one, or is nothing that one could be given to.
    Given,
    /// It has none.
    Missing {
        /// Where the object closes.
        close: usize,
        /// Whether the object has no members at all.
        is_first: bool,
    },
    /// It has the member, without a value.
    Null {
        /// Where `null` stands.
        value: Range<usize>,
    },
}

/// Looks for the id of an event.
pub(super) fn id(text: &[u8]) -> Id {
    Scanner { text, at: 0 }.find().unwrap_or(Id::Given)
}

struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
}

impl Scanner<'_> {
    /// Nothing if the text is no object.
    fn find(&mut self) -> Option<Id> {
        self.skip_space();
        self.expect(b'{')?;
        self.skip_space();
        let mut is_first = true;
        if self.peek()? != b'}' {
            is_first = false;
            loop {
                let name = self.string()?;
                self.skip_space();
                self.expect(b':')?;
                self.skip_space();
                let value = self.value()?;
                if is_id(&self.text[name]) {
                    return Some(match &self.text[value.clone()] {
                        b"null" => Id::Null { value },
                        _ => Id::Given,
                    });
                }
                self.skip_space();
                if self.peek()? != b',' {
                    break;
                }
                self.at += 1;
                self.skip_space();
            }
        }
        let close = self.at;
        self.expect(b'}')?;
        self.skip_space();
        (self.at == self.text.len()).then_some(Id::Missing { close, is_first })
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        let found = self.peek()? == byte;
        self.at += usize::from(found);
        found.then_some(())
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    /// Steps over a string; gives what is between its quotes.
    fn string(&mut self) -> Option<Range<usize>> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            let rest = self.text.get(self.at..)?;
            let run = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            self.at += run;
            if self.peek()? == b'"' {
                self.at += 1;
                return Some(start..self.at - 1);
            }
            // The backslash and what it escapes.
            self.at += 2;
        }
    }

    /// Steps over a value.
    fn value(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        match self.peek()? {
            b'"' => {
                self.string()?;
            }
            b'{' | b'[' => self.balanced()?,
            _ => {
                let is_over = |byte: u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r');
                while !is_over(self.peek()?) {
                    self.at += 1;
                }
            }
        }
        Some(start..self.at)
    }

    /// Steps over brackets and all that they hold. Whether they match in kind is the server's to say.
    fn balanced(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }
}

fn is_id(name: &[u8]) -> bool {
    if name.contains(&b'\\') {
        // Seldom enough to be read properly.
        let quoted = [b"\"", name, b"\""].concat();
        return serde_json::from_slice::<String>(&quoted).is_ok_and(|name| name == "id");
    }
    name == b"id"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_member_of_the_outermost_object_is_an_id() {
        for (text, expected) in [
            (r#"{"id":"x"}"#, Id::Given),
            (r#" { "a" : [1,{"b":"}"}] , "id" : 7 } "#, Id::Given),
            (r#"{"\u0069d":"x"}"#, Id::Given),
            (r#"{"a":"\"id\":1","actor":{"id":"u"}}"#, missing(34)),
            (r#"{"a":"id"}"#, missing(9)),
            (r#"{"idx":1}"#, missing(8)),
            ("{\"a\":1}\r", missing(6)),
            (
                "{ }",
                Id::Missing {
                    close: 2,
                    is_first: true,
                },
            ),
            (r#"{"id":null}"#, Id::Null { value: 6..10 }),
            (r#"{"a":1,"id": null ,"b":2}"#, Id::Null { value: 13..17 }),
        ] {
            assert_eq!(id(text.as_bytes()), expected, "{text}");
        }
    }

    const fn missing(close: usize) -> Id {
        Id::Missing {
            close,
            is_first: false,
        }
    }

    #[test]
    fn what_is_no_object_is_left_alone() {
        for text in [
            "",
            "x",
            "[]",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,}",
            "{\"a\":1}x",
            "{\"a\" 1}",
            "{\"a\":\"",
            "{\"a\":\"\\",
            "{\"a\":[}",
            "\u{feff}{}",
            "{\"a\":{\"b\":[[[",
            "{]",
            "{\"a\":]}",
        ] {
            assert_eq!(id(text.as_bytes()), Id::Given, "{text}");
        }
    }
}
