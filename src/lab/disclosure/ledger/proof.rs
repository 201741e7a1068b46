//! Proofs that anyone can check: a leaf is in a tree, a tree is the beginning of a later one (RFC 6962 section 2.1).

use super::tree::{Hash, node_hash, stored_position};

/// The hashes beside the way from leaf `index` up to the root of the tree of `size` leaves, lowest first.
///
/// `stored` reads the hash at a stored position. `None`: no such leaf, or a hash is missing.
pub fn inclusion(index: u64, size: u64, stored: &mut impl FnMut(u64) -> Option<Hash>) -> Option<Vec<Hash>> {
    if index >= size {
        return None;
    }
    let (mut from, mut to) = (0, size);
    let mut path = Vec::new();
    while to - from > 1 {
        let middle = from + left_part(to - from);
        if index < middle {
            path.push(range_hash(middle, to, stored)?);
            to = middle;
        } else {
            path.push(range_hash(from, middle, stored)?);
            from = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// Whether `path` leads from this leaf hash to this root.
pub fn includes(leaf: Hash, index: u64, size: u64, path: &[Hash], root: Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for beside in path {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            hash = node_hash(beside, &hash);
            while node.is_multiple_of(2) && node > 0 {
                node /= 2;
                last /= 2;
            }
        } else {
            hash = node_hash(&hash, beside);
        }
        node /= 2;
        last /= 2;
    }
    last == 0 && hash == root
}

/// The hashes that show that the tree of `older` leaves is the beginning of the tree of `newer`.
pub fn consistency(older: u64, newer: u64, stored: &mut impl FnMut(u64) -> Option<Hash>) -> Option<Vec<Hash>> {
    if older == 0 || older > newer {
        return None;
    }
    let (mut from, mut to) = (0, newer);
    let mut path = Vec::new();
    // Down to the subtree that ends where the older tree ends.
    while older < to {
        let middle = from + left_part(to - from);
        if older <= middle {
            path.push(range_hash(middle, to, stored)?);
            to = middle;
        } else {
            path.push(range_hash(from, middle, stored)?);
            from = middle;
        }
    }
    // The older tree itself needs no mention: its root is known to who asks.
    if from > 0 {
        path.push(range_hash(from, to, stored)?);
    }
    path.reverse();
    Some(path)
}

/// Whether `path` leads from the older root to the newer one (RFC 9162 section 2.1.4.2).
pub fn consistent(older: u64, older_root: Hash, newer: u64, newer_root: Hash, path: &[Hash]) -> bool {
    if older == 0 || older > newer {
        return false;
    }
    if older == newer {
        return path.is_empty() && older_root == newer_root;
    }
    let mut path = path.iter();
    let start = if older.is_power_of_two() { Some(older_root) } else { path.next().copied() };
    let Some(start) = start else { return false };
    let (mut node, mut last) = (older - 1, newer - 1);
    while node % 2 == 1 {
        node /= 2;
        last /= 2;
    }
    let (mut old, mut new) = (start, start);
    for beside in path {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            old = node_hash(beside, &old);
            new = node_hash(beside, &new);
            while node.is_multiple_of(2) && node > 0 {
                node /= 2;
                last /= 2;
            }
        } else {
            new = node_hash(&new, beside);
        }
        node /= 2;
        last /= 2;
    }
    last == 0 && old == older_root && new == newer_root
}

/// Leaves in the left subtree of a tree: the largest power of two below its size.
fn left_part(size: u64) -> u64 {
    if size < 2 { size } else { 1 << (size - 1).ilog2() }
}

/// The hash over the leaves `from..to`, where `from` is a multiple of the left part, as in every subtree.
fn range_hash(from: u64, to: u64, stored: &mut impl FnMut(u64) -> Option<Hash>) -> Option<Hash> {
    let size = to - from;
    if size.is_power_of_two() {
        let level = size.ilog2();
        return stored(stored_position(level, from >> level));
    }
    let middle = from + left_part(size);
    let left = range_hash(from, middle, stored)?;
    let right = range_hash(middle, to, stored)?;
    Some(node_hash(&left, &right))
}
