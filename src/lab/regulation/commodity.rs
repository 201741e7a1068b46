//! The tree of commodities a limit is looked up in: GB 2763 appendix A, from a commodity up to its section.

use std::collections::BTreeMap;

/// One place in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commodity {
    pub code: String,
    /// As the standard writes it.
    pub name: String,
    pub parent: Option<String>,
    /// Everyday names: 小白菜 for 普通白菜.
    pub aliases: Vec<String>,
}

impl Commodity {
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }
}

/// A checked tree: every parent exists, and nothing is its own ancestor.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    by_code: BTreeMap<String, Commodity>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("commodity {0} stands twice")]
    Twice(String),
    #[error("commodity {code}: expected a known parent, found '{parent}'")]
    NoParent { code: String, parent: String },
    #[error("commodity {0} is its own ancestor")]
    Circle(String),
}

impl Tree {
    pub fn new(commodities: impl IntoIterator<Item = Commodity>) -> Result<Self, Fault> {
        let mut by_code = BTreeMap::new();
        for commodity in commodities {
            if let Some(twice) = by_code.insert(commodity.code.clone(), commodity) {
                return Err(Fault::Twice(twice.code));
            }
        }
        let tree = Self { by_code };
        for commodity in tree.by_code.values() {
            if let Some(parent) = commodity.parent.as_ref().filter(|parent| !tree.by_code.contains_key(*parent)) {
                return Err(Fault::NoParent { code: commodity.code.clone(), parent: parent.clone() });
            }
            // A path longer than the tree has nodes goes round in a circle.
            if tree.path(&commodity.code).nth(tree.by_code.len()).is_some() {
                return Err(Fault::Circle(commodity.code.clone()));
            }
        }
        Ok(tree)
    }

    pub fn get(&self, code: &str) -> Option<&Commodity> {
        self.by_code.get(code)
    }

    /// The commodity itself, then its groups, the nearest first.
    pub fn path<'a>(&'a self, code: &str) -> impl Iterator<Item = &'a Commodity> {
        std::iter::successors(self.get(code), |one| one.parent.as_ref().and_then(|parent| self.get(parent)))
    }

    /// All commodities of this name or everyday name: 豌豆 is one under 谷物 and another under 蔬菜.
    pub fn called<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Commodity> {
        self.by_code.values().filter(move |one| one.is_called(name))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A commodity written `code name parent alias|alias`.
    pub fn commodity(code: &str, name: &str, parent: &str, aliases: &[&str]) -> Commodity {
        Commodity {
            code: code.to_owned(),
            name: name.to_owned(),
            parent: Some(parent.to_owned()).filter(|parent| !parent.is_empty()),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        }
    }

    #[test]
    fn a_commodity_knows_its_groups_from_near_to_far() {
        let tree = Tree::new([
            commodity("V", "蔬菜", "", &[]),
            commodity("VL", "叶菜类蔬菜", "V", &[]),
            commodity("VL1", "菠菜", "VL", &[]),
        ])
        .unwrap();
        let names: Vec<_> = tree.path("VL1").map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["菠菜", "叶菜类蔬菜", "蔬菜"]);
        assert_eq!(tree.path("unknown").count(), 0);
    }

    #[test]
    fn a_name_may_stand_in_two_sections() {
        let tree = Tree::new([
            commodity("C", "谷物", "", &[]),
            commodity("C1", "豌豆", "C", &[]),
            commodity("V", "蔬菜", "", &[]),
            commodity("V1", "豌豆", "V", &["青豆"]),
        ])
        .unwrap();
        assert_eq!(tree.called("豌豆").count(), 2);
        assert_eq!(tree.called("青豆").map(|one| one.code.as_str()).collect::<Vec<_>>(), ["V1"]);
    }

    #[test]
    fn a_tree_with_a_fault_is_refused_by_name() {
        let refused = |commodities: Vec<Commodity>| Tree::new(commodities).unwrap_err();
        assert_eq!(
            refused(vec![commodity("A", "a", "", &[]), commodity("A", "b", "", &[])]),
            Fault::Twice("A".to_owned())
        );
        assert_eq!(
            refused(vec![commodity("A", "a", "X", &[])]),
            Fault::NoParent { code: "A".to_owned(), parent: "X".to_owned() }
        );
        assert_eq!(
            refused(vec![commodity("A", "a", "B", &[]), commodity("B", "b", "A", &[])]),
            Fault::Circle("A".to_owned())
        );
    }
}
