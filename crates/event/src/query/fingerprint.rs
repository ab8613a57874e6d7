//! The fingerprint of a query: equal questions have equal ones.
//!
//! A cursor carries it, so that going on with another question's cursor is refused. It covers all
//! that decides which events match and in what order, the scope included, and neither the page nor
//! the clock: time is encoded as it was asked for (`last_30_days`), not as it was resolved.
//!
//! The encoding is a domain string and a sequence of parts: each is a tag, the count of its texts
//! and the texts; every number takes eight bytes, little-endian, and every text stands after its
//! length. A condition is its tag (see [`Encoding::condition`]) and what it consists of, groups
//! after the number of their members. So no two different questions have the same bytes. Conditions
//! keep their members sorted and distinct, so the order in which they were given makes no
//! difference.

use sha2::{Digest, Sha256};

use super::text::Word;
use super::{Asked, Condition, Order, Query, Test};
use crate::time::Timestamp;
use crate::time::range::Preset;

const DOMAIN: &str = "evident query 3";

struct Encoding(Sha256);

impl Encoding {
    fn number(&mut self, number: usize) {
        self.0.update((number as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.update(text.as_bytes());
    }

    fn part(&mut self, tag: &str, texts: &[&str]) {
        self.text(tag);
        self.number(texts.len());
        texts.iter().for_each(|text| self.text(text));
    }

    fn asked(&mut self, query: &Query) {
        match query.asked {
            Asked::Preset(preset) => {
                let zone = match preset {
                    Preset::AllTime | Preset::Last24Hours => "",
                    _ => query.zone.name(),
                };
                let week_start = match preset {
                    Preset::ThisWeek => query.week_start.as_str(),
                    _ => "",
                };
                self.part("range", &[preset.as_str(), zone, week_start]);
            }
            Asked::Bounds { from, to } => {
                let shown = |bound: Option<Timestamp>| bound.map(|b| b.to_string());
                let (from, to) = (shown(from), shown(to));
                let texts = [from.as_deref(), to.as_deref()].map(Option::unwrap_or_default);
                self.part("bounds", &texts);
            }
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::All(members) => self.group("all", members),
            Condition::Any(members) => self.group("any", members),
            Condition::Not(inner) => {
                self.text("not");
                self.condition(inner);
            }
            Condition::Field(field, test) => {
                self.text("field");
                self.number(field.paths().len());
                for path in field.paths() {
                    self.texts(path);
                }
                self.text(match field.ignores_case() {
                    true => "fold",
                    false => "exact",
                });
                match test {
                    Test::OneOf(values) => {
                        self.text("one of");
                        self.texts(values);
                    }
                    Test::Like(pattern) => {
                        self.text("like");
                        self.texts(pattern.parts());
                    }
                }
            }
            Condition::Word(word) => self.words("word", std::slice::from_ref(word)),
            Condition::Phrase(phrase) => self.words("phrase", &phrase.words),
            Condition::OpenAttempt => self.text("open attempt"),
        }
    }

    fn group(&mut self, tag: &str, members: &[Condition]) {
        self.text(tag);
        self.number(members.len());
        members.iter().for_each(|member| self.condition(member));
    }

    fn texts(&mut self, texts: &[String]) {
        self.number(texts.len());
        texts.iter().for_each(|text| self.text(text));
    }

    fn words(&mut self, tag: &str, words: &[Word]) {
        self.text(tag);
        self.number(words.len());
        for word in words {
            self.text(&word.text);
            self.text(if word.is_prefix { "prefix" } else { "whole" });
        }
    }
}

impl Query {
    /// SHA-256 over all that decides which events match and in what order.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut encoding = Encoding(Sha256::new());
        encoding.text(DOMAIN);
        for (tag, texts) in self.scope.parts() {
            encoding.part(tag, &texts);
        }
        encoding.asked(self);
        encoding.condition(&self.condition);
        let order = match self.order {
            Order::Desc => "desc",
            Order::Asc => "asc",
        };
        encoding.part("order", &[order]);
        encoding.0.finalize().into()
    }
}
