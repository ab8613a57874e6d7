//! Sets of a unit's rows, and what is known of a condition's rows.
//!
//! What must hold: a complement is never written out before it meets a set that bounds it; and the
//! rows that a condition holds of are always between the two bounds that are known.

use roaring::RoaringBitmap;

/// A set of rows, or all rows but these.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Set {
    rows: RoaringBitmap,
    is_complement: bool,
}

impl Set {
    /// No rows.
    pub(super) fn none() -> Self {
        Self::of(RoaringBitmap::new())
    }

    /// All rows.
    pub(super) fn all() -> Self {
        Self::none().complement()
    }

    /// These rows.
    pub(super) fn of(rows: RoaringBitmap) -> Self {
        Self {
            rows,
            is_complement: false,
        }
    }

    /// All other rows.
    pub(super) fn complement(mut self) -> Self {
        self.is_complement = !self.is_complement;
        self
    }

    /// It has no rows, whatever rows there are.
    pub(super) fn is_none(&self) -> bool {
        !self.is_complement && self.rows.is_empty()
    }

    /// The rows of both.
    pub(super) fn and(mut self, mut other: Self) -> Self {
        match (self.is_complement, other.is_complement) {
            (false, false) => {
                // The smaller one is cut down.
                if other.rows.len() < self.rows.len() {
                    std::mem::swap(&mut self, &mut other);
                }
                self.rows &= &other.rows;
                self
            }
            (false, true) => {
                self.rows -= &other.rows;
                self
            }
            (true, false) => other.and(self),
            (true, true) => {
                self.rows |= &other.rows;
                self
            }
        }
    }

    /// Keeps those of its rows that are among these.
    fn keep(&mut self, rows: &RoaringBitmap) {
        if self.is_complement {
            self.rows = rows - &self.rows;
            self.is_complement = false;
        } else {
            self.rows &= rows;
        }
    }

    /// The rows of either.
    pub(super) fn or(self, other: Self) -> Self {
        self.complement().and(other.complement()).complement()
    }

    /// Its rows among these.
    pub(super) fn within(&self, universe: &RoaringBitmap) -> RoaringBitmap {
        match self.is_complement {
            false => &self.rows & universe,
            true => universe - &self.rows,
        }
    }
}

/// What is known of the rows that a condition holds of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bounds {
    /// It holds of these.
    pub(super) certain: Set,
    /// It holds of no others. `None`: of no others than the certain ones.
    pub(super) possible: Option<Set>,
}

impl Bounds {
    /// Exactly these.
    pub(super) fn exactly(set: Set) -> Self {
        Self {
            certain: set,
            possible: None,
        }
    }

    /// Some of these, perhaps.
    pub(super) fn perhaps(set: Set) -> Self {
        Self {
            certain: Set::none(),
            possible: Some(set),
        }
    }

    /// The possible rows.
    fn possible(&self) -> &Set {
        self.possible.as_ref().unwrap_or(&self.certain)
    }

    /// It can hold of no row.
    pub(super) fn is_none(&self) -> bool {
        self.possible().is_none()
    }

    /// Of the opposite.
    pub(super) fn complement(self) -> Self {
        match self.possible {
            None => Self::exactly(self.certain.complement()),
            Some(possible) => Self {
                certain: possible.complement(),
                possible: Some(self.certain.complement()),
            },
        }
    }

    /// Of both conditions.
    pub(super) fn and(self, other: Self) -> Self {
        self.join(other, Set::and)
    }

    /// Of this condition where it is one of these rows.
    pub(super) fn and_rows(mut self, rows: &RoaringBitmap) -> Self {
        self.certain.keep(rows);
        if let Some(possible) = &mut self.possible {
            possible.keep(rows);
        }
        self
    }

    /// Of either condition.
    pub(super) fn or(self, other: Self) -> Self {
        self.join(other, Set::or)
    }

    fn join(self, other: Self, join: impl Fn(Set, Set) -> Set) -> Self {
        let is_exact = self.possible.is_none() && other.possible.is_none();
        let possible = (!is_exact).then(|| join(self.possible().clone(), other.possible().clone()));
        Self {
            certain: join(self.certain, other.certain),
            possible,
        }
    }

    /// These rows may be in it, whatever is known otherwise.
    pub(super) fn unsure_of(self, rows: &RoaringBitmap) -> Self {
        if rows.is_empty() {
            return self;
        }
        let possible = self.possible().clone().or(Set::of(rows.clone()));
        Self {
            certain: self.certain.and(Set::of(rows.clone()).complement()),
            possible: Some(possible),
        }
    }

    /// Among these rows: those that it holds of, and those that have to be looked at.
    pub(super) fn within(&self, universe: &RoaringBitmap) -> (RoaringBitmap, RoaringBitmap) {
        let certain = self.certain.within(universe);
        let unsure = match &self.possible {
            None => RoaringBitmap::new(),
            Some(possible) => possible.within(universe) - &certain,
        };
        (certain, unsure)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROWS: u32 = 6;

    fn universe() -> RoaringBitmap {
        (0..ROWS).collect()
    }

    fn sets() -> impl Strategy<Value = Set> {
        (proptest::collection::vec(0..ROWS, 0..5), any::<bool>()).prop_map(
            |(rows, is_complement)| Set {
                rows: rows.into_iter().collect(),
                is_complement,
            },
        )
    }

    fn bounds() -> impl Strategy<Value = Bounds> {
        (sets(), proptest::option::of(sets())).prop_map(|(certain, more)| Bounds {
            possible: more.map(|more| more.or(certain.clone())),
            certain,
        })
    }

    /// Every set of rows that is between the bounds.
    fn between(bounds: &Bounds) -> Vec<RoaringBitmap> {
        let (certain, unsure) = bounds.within(&universe());
        let subsets = (0..1_u32 << ROWS).map(|bits| {
            (0..ROWS)
                .filter(|row| bits >> row & 1 == 1)
                .collect::<RoaringBitmap>()
        });
        let mut all: Vec<RoaringBitmap> = subsets.map(|some| &certain | (some & &unsure)).collect();
        all.sort_by_key(|rows| rows.iter().collect::<Vec<_>>());
        all.dedup();
        all
    }

    proptest! {
        #[test]
        fn sets_join_as_sets_do(a in sets(), b in sets()) {
            let all = universe();
            let (x, y) = (a.within(&all), b.within(&all));
            prop_assert_eq!(a.clone().and(b.clone()).within(&all), &x & &y);
            prop_assert_eq!(a.clone().or(b).within(&all), &x | &y);
            let mut kept = a.clone();
            kept.keep(&y);
            prop_assert_eq!(kept.within(&all), &x & &y);
            prop_assert_eq!(a.complement().within(&all), &all - &x);
        }

        #[test]
        fn what_can_be_is_within_the_bounds_of_what_is_made_of_it(
            a in bounds(),
            b in bounds(),
            rows in proptest::collection::vec(0..ROWS, 0..3),
        ) {
            let all = universe();
            let rows: RoaringBitmap = rows.into_iter().collect();
            let (and, or) = (a.clone().and(b.clone()), a.clone().or(b.clone()));
            let (and, or) = (between(&and), between(&or));
            let not = between(&a.clone().complement());
            let unsure = between(&a.clone().unsure_of(&rows));
            for x in between(&a) {
                prop_assert!(not.contains(&(&all - &x)));
                prop_assert!(unsure.contains(&(&x ^ &rows)) && unsure.contains(&x));
                for y in between(&b) {
                    prop_assert!(and.contains(&(&x & &y)));
                    prop_assert!(or.contains(&(&x | &y)));
                }
            }
        }
    }
}
