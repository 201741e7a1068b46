//! Dated limits and how one is found: exact written name, official name, synonym, then the nearest group that does not
//! exclude the commodity (GB 2763 and its appendix A; design of the lookup: a tie is an error in the data).
//!
//! The limit in force on the sampling date is copied into the analysis as a snapshot when it is ordered; a later edition
//! never changes an issued report.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::by_name;
use super::commodity::Tree;
use crate::lab::words::names;

/// What the standard asks of an analyte in a commodity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// Not more than this, in the limit's unit.
    AtMost(Decimal),
    /// 不得检出.
    NotDetectable,
}

names! {
    /// What a limit is a limit of.
    Kind {
        /// Maximum residue limit (最大残留限量).
        Residue => "mrl",
        /// Extraneous maximum residue limit (再残留限量): what a banned pesticide leaves in the ground for decades.
        Extraneous => "emrl",
        /// Contaminant, mycotoxin or anything else with a number.
        Other => "other",
    }
}

names! {
    /// Which step of the lookup found the limit.
    Found {
        WrittenName => "written-name",
        OfficialName => "official-name",
        Synonym => "synonym",
        Group => "group",
    }
}

by_name!(Kind, Found);

/// One line of a limit table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    pub analyte: String,
    /// Code of the commodity or group in the tree.
    pub commodity: String,
    /// The line's own wording, which is not always the tree's name: 芒果 for 杧果.
    pub written: String,
    /// "X(A、B除外)": the names that do not belong to the group here.
    pub excludes: Vec<String>,
    pub requirement: Requirement,
    pub unit: String,
    /// Empty: the whole portion; else the basis as written (以脂肪中的残留量计).
    pub basis: String,
    pub kind: Kind,
    /// Marked `*` in the standard (临时限量).
    pub provisional: bool,
    pub standard: String,
    pub clause: String,
    pub from: Date,
    /// The last day in force.
    pub to: Option<Date>,
}

/// The limit as it was when the analysis was ordered: all that a verdict reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitSnapshot {
    /// The line's own wording.
    pub commodity: String,
    pub requirement: Requirement,
    pub unit: String,
    pub basis: String,
    pub kind: Kind,
    pub provisional: bool,
    pub standard: String,
    pub clause: String,
    pub found: Found,
}

/// A sample's commodity: what the sampler wrote, and where it stands in the tree. The one never replaces the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampled<'a> {
    pub written: &'a str,
    pub code: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("expected a commodity of the tree, found '{0}'")]
    UnknownCommodity(String),
    #[error("{analyte} in {commodity}: {count} limits apply at once by {found}")]
    Tie { analyte: String, commodity: String, found: Found, count: usize },
}

/// The limit of `analyte` for a sample taken on `date`; `None` when the standard has none.
pub fn find(
    limits: &[Limit],
    tree: &Tree,
    analyte: &str,
    sampled: Sampled<'_>,
    date: Date,
) -> Result<Option<LimitSnapshot>, Fault> {
    let own = tree.get(sampled.code).ok_or_else(|| Fault::UnknownCommodity(sampled.code.to_owned()))?;
    let in_force: Vec<&Limit> = limits
        .iter()
        .filter(|limit| limit.analyte == analyte && limit.from <= date && limit.to.is_none_or(|to| date <= to))
        .collect();
    let path: Vec<_> = tree.path(sampled.code).collect();
    let one = |found: Found, hits: Vec<&Limit>| match hits.as_slice() {
        [] => Ok(None),
        [limit] => Ok(Some(limit.snapshot(found))),
        ties => Err(Fault::Tie {
            analyte: analyte.to_owned(),
            commodity: sampled.written.to_owned(),
            found,
            count: ties.len(),
        }),
    };
    let pick = |found: Found, fits: &dyn Fn(&Limit) -> bool| {
        one(found, in_force.iter().copied().filter(|limit| fits(limit)).collect())
    };

    let above = |limit: &Limit| path.iter().any(|place| place.code == limit.commodity);
    if let Some(hit) = pick(Found::WrittenName, &|limit| above(limit) && limit.written == sampled.written)? {
        return Ok(Some(hit));
    }
    let here = |limit: &Limit| limit.commodity == own.code;
    if let Some(hit) = pick(Found::OfficialName, &|limit| here(limit) && limit.written == own.name)? {
        return Ok(Some(hit));
    }
    if let Some(hit) = pick(Found::Synonym, &here)? {
        return Ok(Some(hit));
    }
    // A group excludes a commodity by any of its names, or by a group between the two.
    for (height, group) in path.iter().enumerate().skip(1) {
        let excluded = |limit: &Limit| {
            limit
                .excludes
                .iter()
                .any(|name| name == sampled.written || path.iter().take(height).any(|place| place.is_called(name)))
        };
        if let Some(hit) = pick(Found::Group, &|limit| limit.commodity == group.code && !excluded(limit))? {
            return Ok(Some(hit));
        }
    }
    Ok(None)
}

impl Limit {
    fn snapshot(&self, found: Found) -> LimitSnapshot {
        LimitSnapshot {
            commodity: self.written.clone(),
            requirement: self.requirement,
            unit: self.unit.clone(),
            basis: self.basis.clone(),
            kind: self.kind,
            provisional: self.provisional,
            standard: self.standard.clone(),
            clause: self.clause.clone(),
            found,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::commodity::tests::commodity;
    use super::*;

    fn tree() -> Tree {
        Tree::new([
            commodity("C", "谷物", "", &[]),
            commodity("CW", "麦类", "C", &[]),
            commodity("CW1", "大麦", "CW", &["青稞"]),
            commodity("CL", "杂粮类", "C", &[]),
            commodity("CL1", "豌豆", "CL", &[]),
            commodity("V", "蔬菜", "", &[]),
            commodity("VL", "叶菜类蔬菜", "V", &[]),
            commodity("VL1", "菠菜", "VL", &[]),
            commodity("VL2", "芹菜", "VL", &["西芹"]),
            commodity("VL3", "普通白菜", "VL", &["小白菜", "小油菜", "青菜", "上海青"]),
            commodity("VB", "豆类蔬菜", "V", &[]),
            commodity("VB1", "食荚豌豆", "VB", &["荷兰豆"]),
            commodity("VB2", "豇豆", "VB", &[]),
            commodity("VB3", "豌豆", "VB", &[]),
            commodity("F", "水果", "", &[]),
            commodity("FB", "浆果和其他小型类水果", "F", &[]),
            commodity("FB1", "草莓", "FB", &[]),
            commodity("FB2", "蓝莓", "FB", &[]),
            commodity("FB3", "越橘", "FB", &[]),
        ])
        .unwrap()
    }

    fn limit(analyte: &str, commodity: &str, written: &str, excludes: &[&str], value: &str) -> Limit {
        Limit {
            analyte: analyte.to_owned(),
            commodity: commodity.to_owned(),
            written: written.to_owned(),
            excludes: excludes.iter().map(|name| (*name).to_owned()).collect(),
            requirement: Requirement::AtMost(value.parse().unwrap()),
            unit: "mg/kg".to_owned(),
            basis: String::new(),
            kind: Kind::Residue,
            provisional: false,
            standard: "GB 2763-2026".to_owned(),
            clause: "4.1".to_owned(),
            from: date(2026, 3, 1),
            to: None,
        }
    }

    fn table() -> Vec<Limit> {
        let earlier = Limit {
            standard: "GB 2763-2021".to_owned(),
            from: date(2021, 9, 3),
            to: Some(date(2026, 2, 28)),
            ..limit("毒死蜱", "VL2", "芹菜", &[], "0.07")
        };
        vec![
            limit("毒死蜱", "VL", "叶菜类蔬菜", &["芹菜"], "0.02"),
            limit("毒死蜱", "VL2", "芹菜", &[], "0.05"),
            earlier,
            limit("毒死蜱", "VB", "豆类蔬菜", &["食荚豌豆"], "0.02"),
            limit("毒死蜱", "VB1", "食荚豌豆", &[], "0.01"),
            limit("吡虫啉", "VB3", "豌豆", &[], "0.5"),
            limit("吡虫啉", "CL1", "豌豆", &[], "0.1"),
            limit("吡虫啉", "FB", "浆果和其他小型类水果", &["越橘", "葡萄", "猕猴桃", "草莓"], "5"),
            limit("吡虫啉", "FB1", "草莓", &[], "0.5"),
            limit("吡虫啉", "FB3", "越橘", &[], "0.05"),
            limit("阿维菌素", "VL3", "小白菜", &[], "0.05"),
            limit("阿维菌素", "VL3", "小油菜", &[], "0.1"),
            limit("乐果", "CW1", "大麦", &[], "2"),
            limit("甲拌磷", "CW", "麦类", &[], "0.02"),
            limit("苯醚甲环唑", "V", "蔬菜", &["叶菜类蔬菜"], "0.3"),
        ]
    }

    fn look(analyte: &str, written: &str, code: &str) -> Result<Option<(String, Found)>, Fault> {
        let found = find(&table(), &tree(), analyte, Sampled { written, code }, date(2026, 11, 24))?;
        Ok(found.map(|limit| match limit.requirement {
            Requirement::AtMost(value) => (value.to_string(), limit.found),
            Requirement::NotDetectable => (String::new(), limit.found),
        }))
    }

    #[test]
    fn the_nearest_line_that_does_not_exclude_the_commodity_applies() {
        for (analyte, written, code, value, found) in [
            ("毒死蜱", "芹菜", "VL2", "0.05", Found::WrittenName),
            ("毒死蜱", "西芹", "VL2", "0.05", Found::OfficialName),
            ("毒死蜱", "菠菜", "VL1", "0.02", Found::Group),
            ("毒死蜱", "食荚豌豆", "VB1", "0.01", Found::WrittenName),
            ("毒死蜱", "荷兰豆", "VB1", "0.01", Found::OfficialName),
            ("毒死蜱", "豇豆", "VB2", "0.02", Found::Group),
            ("吡虫啉", "豌豆", "VB3", "0.5", Found::WrittenName),
            ("吡虫啉", "豌豆", "CL1", "0.1", Found::WrittenName),
            ("吡虫啉", "草莓", "FB1", "0.5", Found::WrittenName),
            ("吡虫啉", "蓝莓", "FB2", "5", Found::Group),
            ("吡虫啉", "越橘", "FB3", "0.05", Found::WrittenName),
            ("阿维菌素", "小白菜", "VL3", "0.05", Found::WrittenName),
            ("阿维菌素", "小油菜", "VL3", "0.1", Found::WrittenName),
            ("乐果", "青稞", "CW1", "2", Found::OfficialName),
            ("甲拌磷", "青稞", "CW1", "0.02", Found::Group),
            ("苯醚甲环唑", "豇豆", "VB2", "0.3", Found::Group),
        ] {
            assert_eq!(look(analyte, written, code), Ok(Some((value.to_owned(), found))), "{analyte} {written}");
        }
    }

    #[test]
    fn a_group_may_exclude_a_group_between() {
        assert_eq!(look("苯醚甲环唑", "菠菜", "VL1"), Ok(None));
    }

    #[test]
    fn an_analyte_without_a_line_has_no_limit() {
        assert_eq!(look("乐果", "菠菜", "VL1"), Ok(None));
        assert_eq!(look("腐霉利", "菠菜", "VL1"), Ok(None));
    }

    #[test]
    fn two_lines_at_once_are_an_error_in_the_table_and_never_a_choice() {
        assert_eq!(
            look("阿维菌素", "上海青", "VL3"),
            Err(Fault::Tie {
                analyte: "阿维菌素".to_owned(),
                commodity: "上海青".to_owned(),
                found: Found::Synonym,
                count: 2
            })
        );
    }

    #[test]
    fn a_commodity_outside_the_tree_is_not_a_commodity_without_limits() {
        assert_eq!(look("毒死蜱", "菠菜", "nowhere"), Err(Fault::UnknownCommodity("nowhere".to_owned())));
    }

    #[test]
    fn the_sampling_date_chooses_the_edition() {
        let on = |day| {
            let sampled = Sampled { written: "芹菜", code: "VL2" };
            find(&table(), &tree(), "毒死蜱", sampled, day).unwrap().map(|limit| limit.standard)
        };
        assert_eq!(on(date(2026, 2, 28)).as_deref(), Some("GB 2763-2021"));
        assert_eq!(on(date(2026, 3, 1)).as_deref(), Some("GB 2763-2026"));
        assert_eq!(on(date(2021, 9, 2)), None);
    }

    #[test]
    fn a_snapshot_reads_back_as_it_was() {
        let sampled = Sampled { written: "芹菜", code: "VL2" };
        let snapshot = find(&table(), &tree(), "毒死蜱", sampled, date(2026, 3, 1)).unwrap().unwrap();
        let text = serde_json::to_string(&snapshot).unwrap();
        assert!(text.contains(r#""requirement":{"at-most":"0.05"}"#), "{text}");
        assert_eq!(serde_json::from_str::<LimitSnapshot>(&text).unwrap(), snapshot);
    }
}
