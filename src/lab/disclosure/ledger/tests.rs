//! The ledger against the published vectors of RFC 6962 and against another implementation, over every tree to 64 leaves.

use std::collections::HashMap;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use serde_json::json;
use sha2::Sha256;

use super::content::{self, Field, Row, Salt};
use super::leaf::{Envelope, NotALeaf, Previous, handle};
use super::proof::{consistency, consistent, includes, inclusion};
use super::tree::{Frontier, Hash, leaf_hash, root, stored_count, stored_position};

fn hash(hex: &str) -> Hash {
    let byte = |at: usize| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap();
    Hash(std::array::from_fn(byte))
}

/// Leaves and roots of certificate-transparency's `merkletree/merkle_tree_test.cc`.
const LEAVES: [&[u8]; 8] = [
    b"",
    &[0x00],
    &[0x10],
    &[0x20, 0x21],
    &[0x30, 0x31],
    &[0x40, 0x41, 0x42, 0x43],
    &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
    &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn roots_are_those_of_the_published_vectors() {
    for (size, expected) in ROOTS.iter().enumerate() {
        let leaves = LEAVES.iter().take(size).map(|leaf| leaf_hash(leaf));
        assert_eq!(root(leaves), hash(expected), "{size} leaves");
    }
}

/// Ours and theirs, grown to `size` leaves, with everything that is stored.
struct Grown {
    frontier: Frontier,
    stored: HashMap<u64, Hash>,
    theirs: MemoryBackedTree<Sha256, Vec<u8>>,
    roots: Vec<Hash>,
}

impl Grown {
    fn new() -> Self {
        let frontier = Frontier::default();
        Self { roots: vec![frontier.root()], frontier, stored: HashMap::new(), theirs: MemoryBackedTree::new() }
    }

    fn push(&mut self) {
        let data = format!("leaf {}", self.frontier.size()).into_bytes();
        let first = stored_count(self.frontier.size());
        let hashes = self.frontier.push(leaf_hash(&data));
        assert_eq!(first + hashes.len() as u64, stored_count(self.frontier.size()));
        self.stored.extend((first..).zip(hashes));
        self.theirs.push(data);
        self.roots.push(self.frontier.root());
    }

    fn read(&self) -> impl FnMut(u64) -> Option<Hash> {
        |position| self.stored.get(&position).copied()
    }
}

fn bytes(path: &[Hash]) -> Vec<u8> {
    path.iter().flat_map(|hash| hash.0).collect()
}

#[test]
fn roots_and_proofs_of_every_tree_are_those_of_another_implementation() {
    let mut tree = Grown::new();
    for size in 1..=64u64 {
        tree.push();
        let root = tree.frontier.root();
        assert_eq!(root.0.as_slice(), tree.theirs.root().as_bytes().as_slice(), "{size} leaves");
        for index in 0..size {
            let path = inclusion(index, size, &mut tree.read()).unwrap();
            let theirs = tree.theirs.prove_inclusion(index as usize);
            assert_eq!(bytes(&path), theirs.as_bytes(), "leaf {index} of {size}");
            let leaf = leaf_hash(format!("leaf {index}").as_bytes());
            assert!(includes(leaf, index, size, &path, root), "leaf {index} of {size}");
        }
        for older in 1..size {
            let path = consistency(older, size, &mut tree.read()).unwrap();
            let theirs = tree.theirs.prove_consistency((size - older) as usize);
            assert_eq!(bytes(&path), theirs.as_bytes(), "{older} in {size}");
            assert!(consistent(older, tree.roots[older as usize], size, root, &path), "{older} in {size}");
        }
    }
}

#[test]
fn a_proof_proves_nothing_else() {
    let mut tree = Grown::new();
    for size in 1..=33u64 {
        tree.push();
        let root = tree.frontier.root();
        for index in 0..size {
            let path = inclusion(index, size, &mut tree.read()).unwrap();
            let leaf = leaf_hash(format!("leaf {index}").as_bytes());
            assert!(!includes(leaf_hash(b"another"), index, size, &path, root));
            assert!(!includes(leaf, index, size, &path, leaf_hash(b"another")));
            assert!(!includes(leaf, size, size, &path, root));
            assert!(size == 1 || !includes(leaf, (index + 1) % size, size, &path, root), "{index} of {size}");
            let longer = [path.as_slice(), &[leaf]].concat();
            assert!(!includes(leaf, index, size, &longer, root));
            if let [_, shorter @ ..] = path.as_slice() {
                assert!(!includes(leaf, index, size, shorter, root));
            }
        }
        for older in 1..size {
            let path = consistency(older, size, &mut tree.read()).unwrap();
            let before = tree.roots[older as usize];
            assert!(!consistent(older, leaf_hash(b"another"), size, root, &path));
            assert!(!consistent(older, before, size, leaf_hash(b"another"), &path));
            let longer = [path.as_slice(), &[before]].concat();
            assert!(!consistent(older, before, size, root, &longer));
            assert!(!consistent(older, before, size, root, &path[1..]));
        }
    }
    assert_eq!(inclusion(33, 33, &mut tree.read()), None);
    assert_eq!(consistency(0, 33, &mut tree.read()), None);
    assert_eq!(consistency(34, 33, &mut tree.read()), None);
    assert_eq!(consistency(33, 33, &mut tree.read()), Some(Vec::new()));
}

/// The layout of golang.org/x/mod/sumdb/tlog: 0 1 (0-1) 2 3 (2-3) (0-3) 4 …
#[test]
fn stored_hashes_stand_where_tlog_puts_them() {
    let expected = [(0, 0, 0), (0, 1, 1), (1, 0, 2), (0, 2, 3), (0, 3, 4), (1, 1, 5), (2, 0, 6), (0, 4, 7), (3, 0, 14)];
    for (level, n, position) in expected {
        assert_eq!(stored_position(level, n), position, "hash {n} of level {level}");
    }
    assert_eq!([0, 1, 2, 3, 4, 8].map(stored_count), [0, 1, 3, 4, 7, 15]);
}

#[test]
fn a_right_edge_of_the_wrong_width_is_refused() {
    assert_eq!(Frontier::new(3, vec![leaf_hash(b"")]), None);
    assert!(Frontier::new(4, vec![leaf_hash(b"")]).is_some());
}

fn fields() -> Vec<Field> {
    vec![
        Field::text("value", Salt([1; 32]), Some("0.050")),
        Field { name: "@who".to_owned(), salt: Salt([2; 32]), value: json!("王芳") },
        Field::text("unit", Salt([3; 32]), None),
    ]
}

/// Computed with Python's hmac, hashlib and json.
#[test]
fn commitments_are_those_of_an_independent_computation() {
    let expected = [
        "5abbf12d48c142063fdb6d4e46af054e89d1a7e73b7bc97dcd829c268b1a41fd",
        "8d795fa7abb82227b86f697711250047a1dacb1158abc96fe17564d46bd62556",
        "61f91d57b19fc4a05e5c9ff94f0cb2c59cfba0df8ca50154c6d473a245fbe864",
    ];
    for (field, expected) in fields().iter().zip(expected) {
        assert_eq!(field.commitment().unwrap(), hash(expected), "{}", field.name);
    }
    assert_eq!(content::content_root(&fields()).unwrap().to_string(), "GHZXNu3GDmC8dzha2na58xWT2oCVbBtYgaLrUcnGJfY=");
}

#[test]
fn another_salt_value_or_name_is_another_root() {
    let whole = content::content_root(&fields()).unwrap();
    for change in [
        |fields: &mut Vec<Field>| fields[0].value = json!("0.05"),
        |fields: &mut Vec<Field>| fields[1].salt = Salt([9; 32]),
        |fields: &mut Vec<Field>| fields[2].name = "units".to_owned(),
        |fields: &mut Vec<Field>| {
            fields.pop();
        },
    ] {
        let mut changed = fields();
        change(&mut changed);
        assert_ne!(content::content_root(&changed).unwrap(), whole);
    }
    let mut reversed = fields();
    reversed.reverse();
    assert_eq!(content::content_root(&reversed).unwrap(), whole, "the order of fields says nothing");
    let twice = [fields(), fields()].concat();
    assert!(content::content_root(&twice).is_err());
}

#[test]
fn a_content_record_reads_back_and_a_damaged_one_is_refused() {
    let text = content::written(&fields()).unwrap();
    assert!(content::read(&text).unwrap() == fields());
    for damaged in ["", "{}", "[{\"n\":\"a\"}]", "[{\"n\":\"a\",\"s\":\"AA==\",\"v\":\"1\"}]", &text[1..]] {
        assert!(content::read(damaged).is_err(), "{damaged}");
    }
}

#[test]
fn the_fold_of_what_changed_is_the_row() {
    let row = |pairs: &[(&str, Option<&str>)]| -> Row {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect()
    };
    let states = [
        row(&[("id", Some("7")), ("state", Some("registered")), ("note", None)]),
        row(&[("id", Some("7")), ("state", Some("received")), ("note", Some("封条完好"))]),
        row(&[("id", Some("7")), ("state", Some("received")), ("note", None)]),
    ];
    let mut folded = Row::new();
    for state in &states {
        let changed: Vec<Field> =
            content::changes(&folded, state).map(|(name, value)| Field::text(name, Salt([0; 32]), value)).collect();
        content::fold(&mut folded, &changed).unwrap();
        assert_eq!(&folded, state);
    }
    let last: Vec<_> = content::changes(&states[1], &states[2]).collect();
    assert_eq!(last, [("note", None)]);
}

fn envelope() -> Envelope {
    Envelope {
        v: 1,
        event: "result.approved".to_owned(),
        t: "2026-11-24T03:10:22.481Z".to_owned(),
        subj: handle([0xff; 10]),
        ver: 3,
        prev: Some(Previous { i: "18233".to_owned(), h: leaf_hash(b"") }),
        actor: "00".repeat(32),
        role: "approver".to_owned(),
        content: leaf_hash(b"content"),
        schema: "analysis/1".to_owned(),
        acc: None,
    }
}

#[test]
fn a_leaf_is_canonical_json_under_its_first_line() {
    let written = envelope().written().unwrap();
    let (first, json) = written.split_once('\n').unwrap();
    assert_eq!(first, "qingke-custody/v1");
    assert!(json.starts_with(r#"{"actor":"0000"#), "names sorted: {json}");
    assert!(json.contains(r#""prev":{"h":""#) && !json.contains("acc") && !json.contains(' '), "{json}");
    assert_eq!(Envelope::read(&written).unwrap(), envelope());
    let sample = Envelope { acc: Some("123".to_owned()), ..envelope() };
    assert!(sample.written().unwrap().contains(r#""acc":"123""#));
}

#[test]
fn a_leaf_in_any_other_spelling_is_refused() {
    let written = envelope().written().unwrap();
    assert_eq!(Envelope::read(written.trim_start_matches("qingke")), Err(NotALeaf::FirstLine));
    assert_eq!(Envelope::read(&written.replace("\"v\":1", "\"v\": 1")), Err(NotALeaf::NotCanonical));
    assert_eq!(Envelope::read(&format!("{written} ")), Err(NotALeaf::NotCanonical));
    for other in
        [written.replace("\"ver\":3", "\"ver\":-3"), written.replace("\"role\"", "\"rule\""), written.clone() + "}"]
    {
        assert!(matches!(Envelope::read(&other), Err(NotALeaf::Envelope(_))), "{other}");
    }
}

#[test]
fn a_handle_is_eighty_bits_in_letters_that_nobody_confuses() {
    assert_eq!(handle([0; 10]), "S-0000-0000-0000-0000");
    assert_eq!(handle([0xff; 10]), "S-ZZZZ-ZZZZ-ZZZZ-ZZZZ");
    assert_eq!(handle([0, 0, 0, 0, 0, 0, 0, 0, 0x04, 0x21]), "S-0000-0000-0000-0111");
}

#[test]
fn a_hash_has_one_spelling() {
    let text = leaf_hash(b"").to_string();
    assert_eq!(text.parse::<Hash>().unwrap(), leaf_hash(b""));
    for other in ["", "AAAA", text.trim_end_matches('='), &format!("{text}="), &text.replace('0', "_")] {
        assert!(other == text || other.parse::<Hash>().is_err(), "{other}");
    }
}
