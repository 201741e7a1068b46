//! The laboratory's arithmetic against published examples, which lie beside the workspace and are not part of it.

use qingke::lab::qc::westgard::{Boundary, Point, Range, Rule, Rules};
use qingke::lab::regulation::rounding::{Comparison, exceeds, to_figures, to_interval};
use rust_decimal::Decimal;
use serde_json::Value;

/// The file, or `None` and a word about it when it is not there.
fn published(file: &str) -> Option<Value> {
    let path = format!("{}/../shared/truth/{file}", env!("CARGO_MANIFEST_DIR"));
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(why) => {
            eprintln!("not checked: {path}: {why}");
            None
        }
    }
}

fn rows(list: &Value) -> &[Value] {
    list.as_array().unwrap()
}

fn read(row: &Value, key: &str) -> Decimal {
    row[key].as_str().unwrap().parse().unwrap()
}

/// Those vectors count the limit itself as outside and R-4s across batches; where they hang on neither, our own
/// decisions say the same.
#[test]
fn control_series_are_judged_as_published() {
    let Some(truth) = published("control_charts/westgard.json") else { return };
    let theirs = Rules { boundary: Boundary::Reaches, range: Range::Consecutive, ..Rules::default() };
    assert!(rows(&truth["vectors"]).len() > 10);
    for vector in rows(&truth["vectors"]) {
        let rule: Rule = vector["rule"].as_str().unwrap().parse().unwrap();
        let z = rows(&vector["z"]).iter().map(|z| z.to_string().parse().unwrap());
        let points: Vec<Point> = z.map(|z| Point { z, batch: None }).collect();
        let violated = |rules: &Rules| rules.check_at(&points, points.len() - 1).iter().any(|one| one.rule == rule);
        assert_eq!(violated(&theirs), vector["violated"], "{vector}");
        if vector["note"].is_null() {
            assert_eq!(violated(&Rules::default()), vector["violated"], "{vector}");
        }
    }
}

#[test]
fn examples_of_gbt_8170_are_rounded_as_published() {
    let Some(truth) = published("rounding/gbt8170.json") else { return };
    for row in rows(&truth["interval_examples"]) {
        let rounded = to_interval(read(row, "value"), read(row, "interval")).unwrap();
        assert_eq!(rounded.to_string(), row["rounded"].as_str().unwrap(), "{row}");
    }
    for (list, part) in [("half_unit_examples", Decimal::new(5, 1)), ("fifth_unit_examples", Decimal::new(2, 1))] {
        for row in rows(&truth[list]["rows"]) {
            let interval = (read(row, "place") * part).normalize();
            assert_eq!(to_interval(read(row, "value"), interval), Some(read(row, "rounded")), "{row}");
        }
    }
    for row in rows(&truth["significant_figures"]) {
        let figures = u32::try_from(row["figures"].as_u64().unwrap()).unwrap();
        assert_eq!(to_figures(read(row, "value"), figures), Some(read(row, "rounded")), "{row}");
    }
}

#[test]
fn a_limit_is_compared_both_ways_as_published() {
    let Some(truth) = published("rounding/gbt8170.json") else { return };
    let tables = rows(&truth["limit_comparison"]["tables"]);
    let at_most = tables.iter().find(|table| table["operator"] == "<=").unwrap();
    for row in rows(&at_most["rows"]) {
        let complies = |way| !exceeds(read(row, "measured"), read(at_most, "limit"), way);
        assert_eq!(complies(Comparison::FullValue), row["full_value_conforms"], "{row}");
        assert_eq!(complies(Comparison::RoundedValue), row["rounded_value_conforms"], "{row}");
    }
}
