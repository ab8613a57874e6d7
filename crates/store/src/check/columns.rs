//! Comparing everything of an index but `frames` with what the rows say.

use super::context::{Context, finding_of};
use super::report::{Finding, Remedy};
use super::segment::Told;
use super::terms::Terms;
use crate::segment::error::SegmentError;
use crate::segment::filter::FilterWriter;
use crate::segment::ids;
use crate::segment::meta::Listed;
use crate::segment::sealed::{INDEX_FILE, META_FILE, Parts, read_all};

/// Bytes of a hash in `hashes`.
const HASH_BYTES: usize = 8;
/// Bytes of a hash with its rank there.
const RANKED_BYTES: usize = 12;

/// The hashes of ids.
struct Expected {
    /// Of events, by rank.
    events: Vec<u64>,
    /// Of traces and spans, with their ranks, in order.
    others: Vec<(u64, u32)>,
    /// By rank: the row may lack terms.
    partial: Vec<bool>,
}

/// Compares; gives what is wrong.
pub(super) fn compare(
    context: &Context<'_>,
    listed: &Listed,
    parts: &Parts,
    told: Told,
    terms: Option<Terms>,
) -> Vec<Finding> {
    let file = listed.folder().join(INDEX_FILE);
    let mut findings = Vec::new();
    let mut wrong = |what: Result<Vec<String>, SegmentError>| match what {
        Ok(all) => {
            let found = all.into_iter();
            findings.extend(found.map(|what| Finding::damage(&file, what, Remedy::Rebuildable)));
        }
        Err(error) => {
            findings.push(finding_of(
                context.durable,
                &error,
                &file,
                Remedy::Rebuildable,
            ));
        }
    };
    let mut order = told.times;
    order.sort_unstable();
    let places: Vec<u32> = order.iter().map(|(_, place)| *place).collect();
    wrong(compare_order(parts, &order));
    if let Some(terms) = terms {
        let partial = places
            .iter()
            .map(|place| terms.is_partial(*place))
            .collect();
        match terms.compare(parts, &places) {
            Err(error) => wrong(Err(error)),
            Ok((unequal, traces)) => {
                wrong(Ok(unequal));
                let expected = Expected::new(&places, &told.ids, &traces, partial);
                wrong(compare_ids(parts, &expected));
                wrong(compare_hashes(parts, &expected));
            }
        }
    }
    wrong(compare_filter(parts, &places, &told.ids));
    // Without any event there are no times.
    let ends = [order.first(), order.last()].map(|row| row.map_or(0, |row| row.0));
    if ends != [parts.meta.first_occurred_at, parts.meta.last_occurred_at] {
        let what = "the times of its first and last row are not those of the rows";
        let file = listed.folder().join(META_FILE);
        findings.push(Finding::damage(file, what, Remedy::Rebuildable));
    }
    // Whoever goes by it may take it for wider than it is, and never for narrower.
    let holds_all = |(said, rows): ((i64, i64), (i64, i64))| said.0 <= rows.0 && rows.1 <= said.1;
    if !parts
        .meta
        .received()
        .zip(told.received)
        .is_none_or(holds_all)
    {
        let what = "rows were received outside of the times that it says";
        let file = listed.folder().join(META_FILE);
        findings.push(Finding::damage(file, what, Remedy::Rebuildable));
    }
    findings
}

/// What is wrong, if it is.
fn unless(holds: bool, what: &str) -> Result<Vec<String>, SegmentError> {
    Ok(if holds {
        Vec::new()
    } else {
        vec![what.to_owned()]
    })
}

fn compare_order(parts: &Parts, order: &[(i64, u32)]) -> Result<Vec<String>, SegmentError> {
    let (mut times, mut places) = (Vec::new(), Vec::new());
    parts.times.read_into(0..parts.times.len(), &mut times)?;
    parts.places.read_into(0..parts.places.len(), &mut places)?;
    let same_times = times.iter().eq(order.iter().map(|(time, _)| time));
    let same_places = places
        .into_iter()
        .eq(order.iter().map(|(_, place)| i64::from(*place)));
    let mut wrong = unless(same_times, "`times` are not those of the rows")?;
    wrong.extend(unless(
        same_places,
        "`places` are not the rows in the order of time",
    )?);
    Ok(wrong)
}

impl Expected {
    fn new(places: &[u32], by_place: &[u64], traces: &[(u64, u32)], partial: Vec<bool>) -> Self {
        let mut ranks = vec![0; by_place.len()];
        for (place, rank) in places.iter().zip(0..) {
            if let Some(found) = ranks.get_mut(*place as usize) {
                *found = rank;
            }
        }
        let hash = |place: &u32| by_place.get(*place as usize).copied().unwrap_or_default();
        let rank = |place: u32| ranks.get(place as usize).copied().unwrap_or_default();
        let mut others: Vec<(u64, u32)> = traces
            .iter()
            .map(|(hash, place)| (*hash, rank(*place)))
            .collect();
        others.sort_unstable();
        Self {
            events: places.iter().map(hash).collect(),
            others,
            partial,
        }
    }

    fn all(&self) -> Vec<(u64, u32)> {
        let events = self.events.iter().copied().zip(0..);
        events.chain(self.others.iter().copied()).collect()
    }

    fn is_partial(&self, rank: u32) -> bool {
        self.partial.get(rank as usize).copied().unwrap_or_default()
    }
}

fn compare_ids(parts: &Parts, expected: &Expected) -> Result<Vec<String>, SegmentError> {
    const WRONG: &str = "`ids` does not have the ids of the rows";
    let all = expected.all();
    if read_all(&parts.section("ids")?)? == ids::encode(&all)? {
        return Ok(Vec::new());
    }
    if !expected.partial.contains(&true) {
        return unless(false, WRONG);
    }
    // A partial row may lack its trace and span, but no row its own id.
    let mut ranks = Vec::new();
    for (number, (hash, rank)) in all.into_iter().enumerate() {
        if number >= expected.events.len() && expected.is_partial(rank) {
            continue;
        }
        ranks.clear();
        parts.ids.candidates(hash, &mut ranks)?;
        if !ranks.contains(&rank) {
            return unless(false, WRONG);
        }
    }
    Ok(Vec::new())
}

fn compare_filter(
    parts: &Parts,
    places: &[u32],
    by_place: &[u64],
) -> Result<Vec<String>, SegmentError> {
    let mut filter = FilterWriter::new(parts.meta.events());
    for place in places {
        let hash = by_place.get(*place as usize);
        filter.add(hash.copied().unwrap_or_default());
    }
    let same = read_all(&parts.section("filter")?)? == filter.finish();
    unless(same, "`filter` is not that of the rows")
}

fn compare_hashes(parts: &Parts, expected: &Expected) -> Result<Vec<String>, SegmentError> {
    const WRONG: &str = "`hashes` are not those of the rows' ids";
    let bytes = read_all(&parts.section("hashes")?)?;
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let Some((events, others)) = bytes.split_at_checked(expected.events.len() * HASH_BYTES) else {
        return unless(false, WRONG);
    };
    let (events, _) = events.as_chunks::<HASH_BYTES>();
    let (others, rest) = others.as_chunks::<RANKED_BYTES>();
    let same_events = events
        .iter()
        .map(|hash| u64::from_le_bytes(*hash))
        .eq(expected.events.iter().copied());
    let mut others: Vec<(u64, u32)> = others
        .iter()
        .map(|[a, b, c, d, e, f, g, h, r @ ..]| {
            (
                u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]),
                u32::from_le_bytes(*r),
            )
        })
        .collect();
    others.sort_unstable();
    let whole = |all: &[(u64, u32)]| -> Vec<(u64, u32)> {
        all.iter()
            .filter(|(_, rank)| !expected.is_partial(*rank))
            .copied()
            .collect()
    };
    let same_others = whole(&others) == whole(&expected.others);
    unless(same_events && same_others && rest.is_empty(), WRONG)
}
