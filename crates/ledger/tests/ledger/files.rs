//! Level files in memory, for the tests of all that reads them.

use std::cell::Cell;

use evident_ledger::Hash;
use evident_ledger::hash::leaf_hash;
use evident_ledger::tree::{HashReader, Tree};

/// Level files in memory; refuses what was never written.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) levels: Vec<Vec<Hash>>,
    /// How many hashes were read.
    pub(crate) reads: Cell<usize>,
}

/// A hash that no file has: level and number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Missing(pub(crate) u8, pub(crate) u64);

impl Files {
    /// Appends where the sink says, which must be the end of the file.
    pub(crate) fn append(&mut self, tree: &mut Tree, leaf: Hash) {
        let levels = &mut self.levels;
        tree.append(leaf, &mut |level, index, hash| {
            let level = usize::from(level);
            if levels.len() == level {
                levels.push(Vec::new());
            }
            assert_eq!(levels[level].len() as u64, index, "level {level}");
            levels[level].push(hash);
        });
    }

    /// The files of a tree whose leaf `i` is the text `entry <i>`, as in the vectors.
    pub(crate) fn grown(leaves: u64) -> (Self, Tree) {
        let (mut files, mut tree) = (Self::default(), Tree::new());
        for index in 0..leaves {
            files.append(&mut tree, entry_hash(index));
        }
        (files, tree)
    }
}

impl HashReader for Files {
    type Error = Missing;

    fn read(&self, level: u8, index: u64) -> Result<Hash, Missing> {
        self.reads.set(self.reads.get() + 1);
        let hash = self
            .levels
            .get(usize::from(level))
            .and_then(|file| file.get(usize::try_from(index).unwrap()));
        hash.copied().ok_or(Missing(level, index))
    }
}

/// Leaf `index` of the vectors' trees.
pub(crate) fn entry_hash(index: u64) -> Hash {
    leaf_hash(format!("entry {index}").as_bytes())
}
