//! The walk over the leaves: each against its stored hash, its content record and the leaf of the same subject before
//! it; and every stored hash against those below it, so that one change is one finding.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{AT_A_TIME, Finding, Last, Report, Walked};
use crate::lab::digest::hex;
use crate::lab::disclosure::ledger::content::{self, WHAT, WHO};
use crate::lab::disclosure::ledger::leaf::Envelope;
use crate::lab::disclosure::ledger::tree::{Frontier, Hash, leaf_hash, node_hash, stored_count, stored_position};
use crate::store::conn::Conn;
use crate::store::error::StoreError;
use crate::store::ledger::{ledger_content, ledger_hash, ledger_head, ledger_leaf, ledger_subject, number};

/// A row of `ledger_subject`: what a leaf is about.
struct Subject {
    id: i64,
    table: String,
    row: i64,
}

/// One stretch of the ledger, as stored.
struct Stretch {
    leaves: HashMap<i64, String>,
    hashes: HashMap<i64, String>,
    contents: HashMap<i64, (i64, String)>,
    subjects: HashMap<String, Subject>,
}

struct Walk<'a> {
    report: &'a mut Report,
    walked: Walked,
    peaks: Vec<Hash>,
    /// Highest accession number so far; a new year begins again at 1.
    accession: i64,
}

pub(super) fn walk(conn: &mut Conn, report: &mut Report) -> Result<Walked, StoreError> {
    let (size, root, peaks): (i64, String, String) = ledger_head::table
        .find(1)
        .select((ledger_head::size, ledger_head::root, ledger_head::peaks))
        .first(conn)
        .optional()?
        .ok_or_else(|| StoreError::corrupt("ledger_head", 1, "the row is gone"))?;
    let mut walk = Walk { report, walked: Walked::default(), peaks: Vec::new(), accession: 0 };
    let mut from = 0;
    while from < size {
        let to = size.min(from + AT_A_TIME);
        let stretch = Stretch::load(conn, from, to)?;
        for leaf in from..to {
            walk.leaf(leaf, &stretch)?;
        }
        from = to;
    }
    for leaf in
        ledger_leaf::table.filter(ledger_leaf::leaf_index.ge(size)).select(ledger_leaf::leaf_index).load(conn)?
    {
        walk.report.findings.push(beyond(leaf, size));
    }
    let hashes = number(stored_count(count(size)?))?;
    for position in ledger_hash::table
        .filter(ledger_hash::position.lt(0).or(ledger_hash::position.ge(hashes)))
        .select(ledger_hash::position)
        .load(conn)?
    {
        walk.report.findings.push(Finding::Hash { position });
    }
    let frontier = Frontier::new(count(size)?, walk.peaks.clone())
        .ok_or_else(|| StoreError::corrupt("ledger_head", 1, "its size has no tree"))?;
    let computed = frontier.root().to_string();
    if computed != root {
        let what = format!("the root of its leaves is {computed}, it says '{root}'");
        walk.report.findings.push(Finding::Head { what });
    }
    let edge: Vec<String> = walk.peaks.iter().map(Hash::to_string).collect();
    if edge.join(" ") != peaks {
        walk.report.findings.push(Finding::Head { what: "its peaks are not those of its leaves".to_owned() });
    }
    walk.report.leaves = size;
    walk.report.root = computed;
    Ok(walk.walked)
}

fn beyond(leaf: i64, size: i64) -> Finding {
    Finding::Leaf { leaf, table: None, id: None, what: format!("lies beyond the {size} leaves of the head") }
}

impl Stretch {
    fn load(conn: &mut Conn, from: i64, to: i64) -> Result<Self, StoreError> {
        let leaves: Vec<(i64, String)> = ledger_leaf::table
            .filter(ledger_leaf::leaf_index.ge(from))
            .filter(ledger_leaf::leaf_index.lt(to))
            .select((ledger_leaf::leaf_index, ledger_leaf::data))
            .load(conn)?;
        let (first, end) = (number(stored_count(count(from)?))?, number(stored_count(count(to)?))?);
        let hashes: Vec<(i64, String)> = ledger_hash::table
            .filter(ledger_hash::position.ge(first))
            .filter(ledger_hash::position.lt(end))
            .select((ledger_hash::position, ledger_hash::hash))
            .load(conn)?;
        let contents: Vec<(i64, i64, String)> = ledger_content::table
            .filter(ledger_content::leaf_index.ge(from))
            .filter(ledger_content::leaf_index.lt(to))
            .select((ledger_content::leaf_index, ledger_content::subject_id, ledger_content::fields))
            .load(conn)?;
        let handles: Vec<String> =
            leaves.iter().filter_map(|(_, data)| Envelope::read(data).ok()).map(|envelope| envelope.subj).collect();
        let by_content: Vec<i64> = contents.iter().map(|(_, subject, _)| *subject).collect();
        let subjects: Vec<(String, i64, String, i64)> = ledger_subject::table
            .filter(ledger_subject::handle.eq_any(handles).or(ledger_subject::id.eq_any(by_content)))
            .select((ledger_subject::handle, ledger_subject::id, ledger_subject::table_name, ledger_subject::row_id))
            .load(conn)?;
        Ok(Self {
            leaves: leaves.into_iter().collect(),
            hashes: hashes.into_iter().collect(),
            contents: contents.into_iter().map(|(leaf, subject, fields)| (leaf, (subject, fields))).collect(),
            subjects: subjects
                .into_iter()
                .map(|(handle, id, table, row)| (handle, Subject { id, table, row }))
                .collect(),
        })
    }

    fn hash(&self, position: u64) -> Option<Hash> {
        self.hashes.get(&i64::try_from(position).ok()?)?.parse().ok()
    }

    /// What the content record of a leaf belongs to, when the leaf itself cannot tell any more.
    fn about(&self, leaf: i64) -> Option<&Subject> {
        let (subject, _) = self.contents.get(&leaf)?;
        self.subjects.values().find(|one| one.id == *subject)
    }
}

impl Walk<'_> {
    fn leaf(&mut self, leaf: i64, stretch: &Stretch) -> Result<(), StoreError> {
        let index = count(leaf)?;
        let stored = stretch.hash(stored_position(0, index));
        let data = stretch.leaves.get(&leaf);
        let computed = data.map(|data| leaf_hash(data.as_bytes()));
        let what = match (computed, stored) {
            (None, _) => Some("is gone".to_owned()),
            (Some(_), None) => Some("has no stored hash".to_owned()),
            (Some(computed), Some(stored)) if computed != stored => {
                Some("its text is not what was hashed when it was written".to_owned())
            }
            _ => None,
        };
        let intact = what.is_none();
        if let Some(what) = what {
            let about = stretch.about(leaf);
            if let Some(subject) = about {
                self.walked.doubtful.insert(subject.id);
            }
            let (table, id) = (about.map(|one| one.table.clone()), about.map(|one| one.row));
            self.report.findings.push(Finding::Leaf { leaf, table, id, what });
        }
        if intact && let Some(data) = data {
            self.envelope(leaf, data, stored, stretch)?;
        } else if let Some(subject) = stretch.about(leaf) {
            // The chain of the subject goes on past the damaged leaf, which has its own finding.
            let ver = self.walked.last.get(&subject.id).map_or(1, |last| last.ver + 1);
            self.walked.last.insert(subject.id, Last { leaf, ver, hash: stored });
        }
        self.interior(index, stored.or(computed), stretch)
    }

    /// The hashes of the subtrees that this leaf completes.
    fn interior(&mut self, index: u64, leaf: Option<Hash>, stretch: &Stretch) -> Result<(), StoreError> {
        // A leaf without text or hash has its finding; nothing above it could be checked but by what is stored.
        let mut top = leaf.unwrap_or_else(|| leaf_hash(b""));
        for (position, _) in (stored_position(0, index) + 1..).zip(0..index.trailing_ones()) {
            let Some(left) = self.peaks.pop() else { break };
            let computed = node_hash(&left, &top);
            let stored = stretch.hash(position);
            if stored != Some(computed) && leaf.is_some() {
                self.report.findings.push(Finding::Hash { position: number(position)? });
            }
            top = stored.unwrap_or(computed);
        }
        self.peaks.push(top);
        Ok(())
    }

    fn envelope(&mut self, leaf: i64, data: &str, hash: Option<Hash>, stretch: &Stretch) -> Result<(), StoreError> {
        let bad = |what: String| Finding::Leaf { leaf, table: None, id: None, what };
        let envelope = match Envelope::read(data) {
            Ok(envelope) => envelope,
            Err(error) => {
                self.report.findings.push(bad(error.to_string()));
                return Ok(());
            }
        };
        let Some(subject) = stretch.subjects.get(&envelope.subj) else {
            let what = format!("its subject {} is not in the list of subjects", envelope.subj);
            self.report.findings.push(bad(what));
            return Ok(());
        };
        if let Err(what) = self.content(leaf, &envelope, subject, stretch) {
            self.walked.doubtful.insert(subject.id);
            self.report.findings.push(Finding::Content { leaf, table: subject.table.clone(), id: subject.row, what });
        }
        if let Err(what) = self.chain(&envelope, subject) {
            let (table, id) = (Some(subject.table.clone()), Some(subject.row));
            self.report.findings.push(Finding::Leaf { leaf, table, id, what });
        }
        if let (1, Some(number)) = (envelope.ver, envelope.acc.as_deref().and_then(|acc| acc.parse::<i64>().ok())) {
            if number != self.accession + 1 && number != 1 {
                let what = format!("accession {number} follows {}: one is missing", self.accession);
                let (table, id) = (Some(subject.table.clone()), Some(subject.row));
                self.report.findings.push(Finding::Leaf { leaf, table, id, what });
            }
            self.accession = number;
        }
        self.walked.last.insert(subject.id, Last { leaf, ver: envelope.ver, hash });
        Ok(())
    }

    /// The private content against what the leaf commits to.
    fn content(&self, leaf: i64, envelope: &Envelope, subject: &Subject, stretch: &Stretch) -> Result<(), String> {
        let Some((owner, text)) = stretch.contents.get(&leaf) else { return Err("is gone".to_owned()) };
        if *owner != subject.id {
            return Err("is kept under another subject than the leaf names".to_owned());
        }
        let fields = content::read(text).map_err(|error| error.to_string())?;
        let root = content::content_root(&fields).map_err(|error| error.to_string())?;
        if root != envelope.content {
            return Err("is not what the leaf commits to".to_owned());
        }
        if envelope.schema.split_once('/').map(|(table, _)| table) != Some(subject.table.as_str()) {
            return Err(format!("the leaf is about {}", envelope.schema));
        }
        let actor = match fields.iter().find(|field| field.name == WHO) {
            Some(who) => hex(&who.commitment().map_err(|error| error.to_string())?.0),
            None => return Err("says nobody".to_owned()),
        };
        if actor != envelope.actor {
            return Err("names another person than the leaf commits to".to_owned());
        }
        let what = fields.iter().find(|field| field.name == WHAT).and_then(|field| field.value.as_str());
        if what != Some(envelope.event.as_str()) {
            return Err("names another act than the leaf".to_owned());
        }
        Ok(())
    }

    /// The leaf of the same subject before this one.
    fn chain(&self, envelope: &Envelope, subject: &Subject) -> Result<(), String> {
        let last = self.walked.last.get(&subject.id);
        let expected = last.map_or(1, |last| last.ver + 1);
        if envelope.ver != expected {
            return Err(format!("is version {}, expected {expected}", envelope.ver));
        }
        let named = envelope.prev.as_ref().map(|prev| prev.i.clone());
        let before = last.map(|last| last.leaf.to_string());
        if named != before {
            let shown = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
            return Err(format!("follows leaf {}, expected {}", shown(named), shown(before)));
        }
        if envelope.prev.as_ref().map(|prev| prev.h) != last.and_then(|last| last.hash) {
            return Err("follows another leaf than the one that is there".to_owned());
        }
        Ok(())
    }
}

fn count(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|error| StoreError::corrupt("ledger_head", 1, error))
}
