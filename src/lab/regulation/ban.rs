//! Banned substances: with a date, and for all uses or for some commodities only (农产品质量安全法 2022, article 36 item 1,
//! and the announcements of the ministry that it refers to).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::commodity::Tree;
use super::limit::Sampled;

/// One line of a list of bans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    pub analyte: String,
    /// The announcement, as it is quoted: 农业部公告第199号.
    pub basis: String,
    /// Codes of commodities and groups; empty: all uses.
    pub commodities: Vec<String>,
    pub from: Date,
    pub to: Option<Date>,
}

/// The ban as it was when the analysis was ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BanSnapshot {
    pub basis: String,
    pub from: Date,
}

/// The ban of `analyte` that covers the sample on `date`; of several the oldest, since each alone is enough.
pub fn find(bans: &[Ban], tree: &Tree, analyte: &str, sampled: Sampled<'_>, date: Date) -> Option<BanSnapshot> {
    let covers = |ban: &Ban| {
        ban.commodities.is_empty() || tree.path(sampled.code).any(|place| ban.commodities.contains(&place.code))
    };
    bans.iter()
        .filter(|ban| ban.analyte == analyte && ban.from <= date && ban.to.is_none_or(|to| date <= to) && covers(ban))
        .min_by_key(|ban| ban.from)
        .map(|ban| BanSnapshot { basis: ban.basis.clone(), from: ban.from })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::commodity::tests::commodity;
    use super::*;

    fn ban(analyte: &str, commodities: &[&str], from: Date) -> Ban {
        Ban {
            analyte: analyte.to_owned(),
            basis: "公告".to_owned(),
            commodities: commodities.iter().map(|code| (*code).to_owned()).collect(),
            from,
            to: None,
        }
    }

    #[test]
    fn a_ban_holds_from_its_day_and_for_its_commodities() {
        let tree = Tree::new([
            commodity("V", "蔬菜", "", &[]),
            commodity("V1", "韭菜", "V", &[]),
            commodity("F", "水果", "", &[]),
        ])
        .unwrap();
        let bans = [ban("甲拌磷", &[], date(2024, 9, 1)), ban("毒死蜱", &["V"], date(2016, 12, 31))];
        let sampled = |code| Sampled { written: "", code };
        assert!(find(&bans, &tree, "甲拌磷", sampled("F"), date(2024, 9, 1)).is_some());
        assert!(find(&bans, &tree, "甲拌磷", sampled("F"), date(2024, 8, 31)).is_none());
        assert!(find(&bans, &tree, "毒死蜱", sampled("V1"), date(2026, 1, 1)).is_some());
        assert!(find(&bans, &tree, "毒死蜱", sampled("F"), date(2026, 1, 1)).is_none());
    }
}
