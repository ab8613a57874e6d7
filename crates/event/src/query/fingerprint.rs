//! The fingerprint of a query: equal questions have equal ones.
//!
//! A cursor carries it, so that going on with another question's cursor is refused. It covers all
//! that decides which events match and in what order, the scope included, and neither the page nor
//! the clock: time is encoded as it was asked for (`last_30_days`), not as it was resolved.
//!
//! The encoding is a domain string and a sequence of parts: each is a tag, the count of its texts
//! and the texts; every number takes eight bytes, little-endian, and every text stands after its
//! length. The filters stand after their count, and the paths of each after theirs. So no two
//! different questions have the same bytes. What means "any of these" or joins without an order is
//! sorted, its duplicates removed.

use sha2::{Digest, Sha256};

use super::{Asked, Filter, Match, Order, Query};
use crate::time::Timestamp;
use crate::time::range::Preset;

const DOMAIN: &str = "evident query 1";

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

    fn set<'a>(&mut self, tag: &str, texts: impl Iterator<Item = &'a str>) {
        let mut texts: Vec<&str> = texts.collect();
        texts.sort_unstable();
        texts.dedup();
        self.part(tag, &texts);
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

    fn filters(&mut self, query: &Query) {
        let mut filters: Vec<&Filter> = query.filters.iter().collect();
        filters.sort_unstable();
        filters.dedup();
        let joined_by = match query.matching {
            _ if filters.len() < 2 => "",
            Match::All => "all",
            Match::Any => "any",
        };
        self.part("match", &[joined_by]);
        self.number(filters.len());
        for filter in filters {
            let field = filter.field();
            self.number(field.paths().len());
            for path in field.paths() {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                self.part("path", &path);
            }
            let case = if field.ignores_case() {
                "fold"
            } else {
                "exact"
            };
            self.part(filter.operator().as_str(), &[case]);
            self.set("accepted", filter.accepted().iter().map(String::as_str));
        }
    }
}

impl Query {
    /// SHA-256 over all that decides which events match and in what order.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut encoding = Encoding(Sha256::new());
        encoding.text(DOMAIN);
        encoding.part("organization", &[self.scope.organization_id()]);
        encoding.set("limited to", self.scope.project_id().into_iter());
        encoding.set("project_id", self.project_id.as_deref().into_iter());
        encoding.set("level", self.levels.iter().map(|level| level.as_str()));
        encoding.asked(self);
        encoding.filters(self);
        encoding.set(
            "action",
            self.actions.iter().map(|pattern| pattern.as_str()),
        );
        encoding.set(
            "event_type",
            self.event_types.iter().map(|kind| kind.as_str()),
        );
        encoding.set("result", self.results.iter().map(String::as_str));
        encoding.set("phase", self.phase.iter().map(|phase| phase.as_str()));
        let order = match self.order {
            Order::Desc => "desc",
            Order::Asc => "asc",
        };
        encoding.part("order", &[order]);
        encoding.0.finalize().into()
    }
}
