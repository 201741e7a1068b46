//! Which files of a folder are meant: `*.csv`, `*.D/Report.TXT`, `*.txt; *.asc`. Case is ignored, as on the computers that
//! write such files.

/// Parts between `/`, each with `*` for any letters and `?` for one; several patterns stand between `;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Vec<String>>);

impl Pattern {
    /// Nothing at all means every file of the folder itself.
    pub fn new(text: &str) -> Self {
        let parts = |one: &str| -> Vec<String> {
            one.trim().split(['/', '\\']).filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
        };
        let all: Vec<Vec<String>> = text.split(';').map(parts).filter(|parts| !parts.is_empty()).collect();
        Self(if all.is_empty() { vec![vec!["*".to_owned()]] } else { all })
    }

    /// The single patterns, each a part for the folder itself and one for every folder below.
    pub fn paths(&self) -> impl Iterator<Item = &[String]> {
        self.0.iter().map(Vec::as_slice)
    }
}

/// Whether a name is meant by a part of a pattern.
pub(super) fn matches(part: &str, name: &str) -> bool {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let part: Vec<char> = part.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where the last `*` stood, and how much of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = name.get(n) {
        match part.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == letter => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, n) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    part.iter().skip(p).all(|left| *left == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_names_as_people_expect() {
        for (part, name, meant) in [
            ("*", "anything.txt", true),
            ("*.csv", "Run 1.CSV", true),
            ("*.csv", "run.csv.tmp", false),
            ("report??.txt", "Report01.TXT", true),
            ("report??.txt", "Report1.TXT", false),
            ("*农残*.txt", "11月农残2.txt", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b", false),
            ("", "x", false),
        ] {
            assert_eq!(matches(part, name), meant, "{part} {name}");
        }
    }

    #[test]
    fn several_patterns_and_folders_below_are_told_apart() {
        let pattern = Pattern::new(r"*.D\Report.TXT; *.csv ;");
        assert_eq!(
            pattern.paths().collect::<Vec<_>>(),
            [&["*.d".to_owned(), "report.txt".to_owned()][..], &["*.csv".to_owned()]]
        );
        assert_eq!(Pattern::new(" "), Pattern::new("*"));
    }
}
