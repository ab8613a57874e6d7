//! Values that nobody may see.
//!
//! What must always hold: whatever shows a configuration shows of them only that they are set, whether it
//! is asked for `Debug` or for JSON. Who needs one asks for it by [`Secret::expose`], and shows it nowhere.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// What is shown of one that is set.
pub(super) const SET: &str = "set";
/// What is shown where there is none.
pub(super) const NOT_SET: &str = "not set";

/// A value that nobody may see.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    /// The value itself.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SET)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(SET)
    }
}
