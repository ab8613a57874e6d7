//! What the RFCs say of trees and proofs, word for word and with no thought for speed: RFC 6962 on
//! what they are, RFC 9162 on how they are checked. Nothing here is shared with the crate but the
//! hash of a node.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use evident_ledger::Hash;
use evident_ledger::hash::node_hash;
use sha2::{Digest as _, Sha256};

/// RFC 6962, section 2.1: MTH.
pub(crate) fn defined_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash(Sha256::digest([]).into()),
        [leaf] => *leaf,
        _ => {
            let k = leaves.len().next_power_of_two() / 2;
            node_hash(&defined_root(&leaves[..k]), &defined_root(&leaves[k..]))
        }
    }
}

/// The largest power of two smaller than `n`, which must be two at least.
fn split(n: u64) -> u64 {
    let mut k = 1;
    while k < n - k {
        k *= 2;
    }
    k
}

/// Trees whose roots over any range of leaves are to be had: MTH(D[start:end]).
pub(crate) trait Defined {
    fn root(&self, range: Range<u64>) -> Hash;

    /// RFC 6962, section 2.1.1: PATH(m, D[start:end]).
    fn path(&self, m: u64, Range { start, end }: Range<u64>) -> Vec<Hash> {
        let n = end - start;
        if n == 1 {
            return Vec::new();
        }
        let k = split(n);
        let (mut path, aside) = if m < k {
            (self.path(m, start..start + k), start + k..end)
        } else {
            (self.path(m - k, start + k..end), start..start + k)
        };
        path.push(self.root(aside));
        path
    }

    /// RFC 6962, section 2.1.2: PROOF(m, D[0:n]).
    fn proof(&self, m: u64, n: u64) -> Vec<Hash> {
        self.subproof(m, 0..n, true)
    }

    /// RFC 6962, section 2.1.2: SUBPROOF(m, D[start:end], b).
    fn subproof(&self, m: u64, Range { start, end }: Range<u64>, b: bool) -> Vec<Hash> {
        let n = end - start;
        if m == n {
            return if b {
                Vec::new()
            } else {
                vec![self.root(start..end)]
            };
        }
        let k = split(n);
        let (mut proof, aside) = if m <= k {
            (self.subproof(m, start..start + k, b), start + k..end)
        } else {
            (
                self.subproof(m - k, start + k..end, false),
                start..start + k,
            )
        };
        proof.push(self.root(aside));
        proof
    }
}

/// A tree of given leaves. The roots of long ranges are kept.
pub(crate) struct Leaves {
    pub(crate) leaves: Vec<Hash>,
    kept: RefCell<HashMap<(u64, u64), Hash>>,
}

impl Leaves {
    pub(crate) fn new(leaves: Vec<Hash>) -> Self {
        let kept = RefCell::default();
        Self { leaves, kept }
    }
}

impl Defined for Leaves {
    fn root(&self, Range { start, end }: Range<u64>) -> Hash {
        let n = end - start;
        if n <= 4 {
            let (start, end) = (usize::try_from(start), usize::try_from(end));
            return defined_root(&self.leaves[start.unwrap()..end.unwrap()]);
        }
        if let Some(&root) = self.kept.borrow().get(&(start, end)) {
            return root;
        }
        let middle = start + split(n);
        let root = node_hash(&self.root(start..middle), &self.root(middle..end));
        self.kept.borrow_mut().insert((start, end), root);
        root
    }
}

/// A tree of any size whose leaves are all alike but one, so that roots over 2^63 leaves are to be had.
pub(crate) struct AllAlikeButOne {
    /// Which leaf is another.
    other: u64,
    /// The roots over 2^height leaves that are alike.
    complete: Vec<Hash>,
}

impl AllAlikeButOne {
    pub(crate) fn new(other: u64) -> Self {
        let higher = |root: &Hash| Some(node_hash(root, root));
        let complete = std::iter::successors(Some(Hash([0xaa; 32])), higher);
        let complete = complete.take(u64::BITS as usize).collect();
        Self { other, complete }
    }

    /// The root over `n` leaves that are alike, one at least.
    fn alike(&self, n: u64) -> Hash {
        let heights = (0..u64::BITS as usize).filter(|height| n >> height & 1 == 1);
        let roots = heights.map(|height| self.complete[height]);
        let root = roots.reduce(|right, left| node_hash(&left, &right));
        root.unwrap()
    }
}

impl Defined for AllAlikeButOne {
    fn root(&self, Range { start, end }: Range<u64>) -> Hash {
        if !(start..end).contains(&self.other) {
            return self.alike(end - start);
        }
        if end - start == 1 {
            return Hash([0xbb; 32]);
        }
        let middle = start + split(end - start);
        node_hash(&self.root(start..middle), &self.root(middle..end))
    }
}

/// RFC 9162, section 2.1.3.2: whether a leaf is included.
pub(crate) fn checks_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    root: Hash,
    proof: &[Hash],
) -> bool {
    if index >= size {
        return false;
    }
    let (mut f, mut s) = (index, size - 1);
    let mut r = leaf;
    for p in proof {
        if s == 0 {
            return false;
        }
        if f & 1 == 1 || f == s {
            r = node_hash(p, &r);
            while f & 1 == 0 && f != 0 {
                (f, s) = (f >> 1, s >> 1);
            }
        } else {
            r = node_hash(&r, p);
        }
        (f, s) = (f >> 1, s >> 1);
    }
    s == 0 && r == root
}

/// RFC 9162, section 2.1.4.2: whether two trees are consistent. It leaves out the sizes that need no
/// hashes; they are as `spec/ledger.md` says.
pub(crate) fn checks_consistency(
    (first, first_root): (u64, Hash),
    (second, second_root): (u64, Hash),
    proof: &[Hash],
) -> bool {
    if first > second {
        return false;
    }
    if first == second {
        let no_leaves = Hash(Sha256::digest([]).into());
        let possible = first != 0 || first_root == no_leaves;
        return proof.is_empty() && possible && first_root == second_root;
    }
    if first == 0 {
        return proof.is_empty() && first_root == Hash(Sha256::digest([]).into());
    }
    if proof.is_empty() {
        return false;
    }
    let mut path = proof.to_vec();
    if first.is_power_of_two() {
        path.insert(0, first_root);
    }
    let (mut f, mut s) = (first - 1, second - 1);
    while f & 1 == 1 {
        (f, s) = (f >> 1, s >> 1);
    }
    let (mut fr, mut sr) = (path[0], path[0]);
    for c in &path[1..] {
        if s == 0 {
            return false;
        }
        if f & 1 == 1 || f == s {
            (fr, sr) = (node_hash(c, &fr), node_hash(c, &sr));
            while f & 1 == 0 && f != 0 {
                (f, s) = (f >> 1, s >> 1);
            }
        } else {
            sr = node_hash(&sr, c);
        }
        (f, s) = (f >> 1, s >> 1);
    }
    fr == first_root && sr == second_root && s == 0
}
