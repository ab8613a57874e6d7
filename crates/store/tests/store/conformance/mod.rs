//! What every event index must answer, as one suite.
//!
//! `cases` says the contract of the query in examples, each named after a sentence of it: a few
//! events, parameters as a client sends them, and which of the events they find. `model` says the
//! same once more, as the most obvious program that answers any question, and shares no code with
//! the product. `random` holds every answer of an index to the model's, over random logs and random
//! questions that go through the real parser.
//!
//! It must hold that no case knows which index it runs on: it sees a [`subject::Subject`] alone,
//! so an index passes because of what it answers. An index is added by one line below.

mod agreement;
mod cases;
mod generate;
mod model;
mod random;
mod subject;
mod world;

/// Runs cases, functions of a fresh `World`, on every index.
macro_rules! on_every_index {
    ($($case:ident),* $(,)?) => {
        $crate::conformance::on_every_index!(memory: Memory, $($case),*);
        $crate::conformance::on_every_index!(store: Stored, $($case),*);
        $crate::conformance::on_every_index!(sealed: Sealed, $($case),*);
        $crate::conformance::on_every_index!(sealed_at_once: SealedAtOnce, $($case),*);
    };
    ($name:ident: $subject:ident, $($case:ident),*) => {
        mod $name {
            use $crate::conformance::subject::{$subject, Subject as _};
            use $crate::conformance::world::World;

            $(
                #[test]
                fn $case() {
                    super::$case(&mut World::new(|| Box::new($subject::begin())));
                }
            )*
        }
    };
}
use on_every_index;
