//! The never-rules of ARCHITECTURE.md that the compiler does not see: who may name what.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files with this ending below `folder`, with their text.
fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root()).unwrap().to_owned(), text));
            }
        }
    }
    assert!(!found.is_empty(), "no {ending} below {folder}: the rule would watch over nothing");
    found
}

/// What runs: comments and unit tests left out.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// A test module in a file of its own, or what tests are furnished with.
fn is_test(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "tests.rs" || name == "trial.rs")
        || path.components().any(|part| part.as_os_str() == "tests")
}

/// Every use of one of the words in the code of these files, as `file:line: word`, with the line.
fn uses(files: &[(PathBuf, String)], words: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| !is_test(path)) {
        for (n, line) in code(text).lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(**word)) {
                found.push((format!("{}:{}: {word}", path.display(), n + 1), line.to_owned()));
            }
        }
    }
    found
}

fn nothing(found: Vec<(String, String)>) {
    let places: Vec<_> = found.into_iter().map(|(place, _)| place).collect();
    assert!(places.is_empty(), "{} places:\n{}", places.len(), places.join("\n"));
}

#[test]
fn drivers_open_no_port_no_file_no_database_and_ask_no_clock() {
    let words = ["tokio", "serialport", "diesel", "rocket", "std::fs", "std::net", "::now()", "SystemTime", "qingke::"];
    nothing(uses(&files("drivers/src", ".rs"), &words));
}

#[test]
fn the_laboratorys_rules_know_no_database_no_page_no_line_and_no_clock() {
    let rooms = ["crate::store", "crate::web", "crate::acquire", "crate::cli", "crate::demo"];
    let tools = ["diesel", "rocket", "tokio", "std::fs", "std::net", "::now()"];
    nothing(uses(&files("src/lab", ".rs"), &[&rooms[..], &tools[..]].concat()));
}

/// Much bench software lives on Windows, and its agent beside it.
#[test]
fn what_only_unix_has_stands_in_two_places() {
    let unix = ["std::os::unix", "std::os::fd", "nix::", "signal::unix", "net::unix", "libc::"];
    let places = ["src/demo/instruments/pty.rs", "src/cli/mod.rs"];
    let elsewhere: Vec<_> =
        files("src", ".rs").into_iter().filter(|(path, _)| !places.iter().any(|place| path.ends_with(place))).collect();
    nothing(uses(&elsewhere, &unix));
}

#[test]
fn only_the_store_speaks_diesel() {
    let outside: Vec<_> = files("src", ".rs").into_iter().filter(|(path, _)| !path.starts_with("src/store")).collect();
    nothing(uses(&outside, &["diesel", "store::schema", "sql_query"]));
}

#[test]
fn charts_and_reports_are_pure() {
    let mut pictures = files("src/chart", ".rs");
    pictures.extend(files("src/report", ".rs"));
    nothing(uses(&pictures, &["crate::store", "crate::web", "crate::acquire", "rocket", "std::fs", "::now()"]));
}

#[test]
fn pages_name_no_driver_and_no_table() {
    let mut words: Vec<String> = drivers::all().map(|driver| format!("\"{}\"", driver.id())).collect();
    words.push("store::schema".to_owned());
    nothing(uses(&files("src/web", ".rs"), &words.iter().map(String::as_str).collect::<Vec<_>>()));
}

#[test]
fn the_portal_sees_the_published_store_and_nothing_else() {
    let portal = files("src/web/portal", ".rs");
    let mut found = uses(&portal, &["store::", "acquire::", "drivers::"]);
    found.retain(|(_, line)| !line.contains("store::published"));
    found.extend(uses(&portal, &["Staff", "Shared"]));
    nothing(found);
}

#[test]
fn no_sentence_for_people_stands_in_rust() {
    let ideograph = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let mut found = Vec::new();
    for (path, text) in files("src", ".rs").iter().filter(|(path, _)| !is_test(path)) {
        // The demonstration's material is what people and instruments of a fictional county say; a value's words are
        // what instruments print.
        if path.starts_with("src/demo") || path.ends_with("lab/analysis/value.rs") {
            continue;
        }
        for (n, line) in code(text).lines().enumerate().filter(|(_, line)| line.chars().any(ideograph)) {
            found.push((format!("{}:{}: {}", path.display(), n + 1, line.trim()), String::new()));
        }
    }
    nothing(found);
}

#[test]
fn templates_calculate_nothing_and_carry_no_style_or_script_of_their_own() {
    let mut found = Vec::new();
    for (path, text) in files("templates", ".html") {
        for (n, line) in text.lines().enumerate() {
            let inline = line.contains(" style=\"") || line.contains("<style") || line.contains(" onclick=");
            let script = line.contains("<script") && !line.contains("src=");
            let sums = ["{{", "{%"].iter().any(|open| {
                line.split(open).skip(1).any(|rest| {
                    let inner = rest.split(['}', '%']).next().unwrap_or_default();
                    [" * ", " / ", " + "].iter().any(|sign| inner.contains(sign) && !inner.contains('"'))
                })
            });
            if inline || script || sums {
                found.push((format!("{}:{}: {}", path.display(), n + 1, line.trim()), String::new()));
            }
        }
    }
    nothing(found);
}

#[test]
fn migrations_are_twins_under_equal_names() {
    let names = |engine: &str| {
        let folder = root().join("migrations").join(engine);
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgres"));
}
