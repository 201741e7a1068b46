use super::*;
use crate::contract::{Censored, Direction, Event, Reading, Role};

fn profile(text: &str) -> Described {
    Described::from_toml("own", text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn decoded(profile: &Described, bytes: &[u8]) -> Decoded {
    profile.parse(&Message::plain(bytes.to_vec(), 0)).unwrap()
}

/// Sample, analyte, result, unit.
fn told(reading: &Reading) -> [&str; 4] {
    [&reading.sample_id, &reading.analyte, &reading.result, &reading.unit]
        .map(|field| field.as_deref().unwrap_or_default())
}

const TABLE: &str = r#"
maker = "Maker"
[link]
kind = "file"
[record]
shape = "delimited"
separator = ";"
header = ["Sample", "Test", "Value"]
[fields]
sample = "Sample"
analyte = "Test"
result = "Value"
unit = { text = "mg/kg" }
time = { of = ["Day", "Hour"] }
kind = "Type"
[roles.kinds]
"QC" = "control"
[roles.samples]
"BLK" = "blank"
[values]
"OVRFLW" = "above"
"(-)" = "not-detected"
"(+)" = "detected"
"n/a" = "nothing"
[[skip]]
field = "Sample"
starts = ["Average", "%RSD"]
"#;

#[test]
fn every_built_in_profile_passes_its_checks() {
    for (id, text) in BUILT_IN {
        if let Err(error) = Described::from_toml(id, text) {
            panic!("{id}: {error}");
        }
    }
    assert_eq!(built_in().len(), BUILT_IN.len());
    assert!(built_in().iter().all(|driver| driver.direction() == Direction::OneWay));
}

#[test]
fn rows_are_readings_and_statistics_are_not() {
    let file = b"Export of a reader\r\nSample;Test;Value;Type;Day;Hour\r\n26-041;DDT;1.50;;28/02/2026;09:15\r\n\
        26-042;DDT;OVRFLW;;01/03/2026;09:20\r\nQ1;DDT;(-);QC;;\r\nBLK-1;DDT;(+);;;\r\n26-043;DDT;n/a;;;\r\n\
        Average;;0.75;;;\r\n";
    let decoded = decoded(&profile(TABLE), file);
    let readings: Vec<_> = decoded.readings.iter().map(|r| (told(r), r.censored, r.role)).collect();
    assert_eq!(
        readings,
        [
            (["26-041", "DDT", "1.50", "mg/kg"], None, Role::Unknown),
            (["26-042", "DDT", "OVRFLW", "mg/kg"], Some(Censored::Above), Role::Unknown),
            (["Q1", "DDT", "(-)", "mg/kg"], Some(Censored::NotDetected), Role::Control),
            (["BLK-1", "DDT", "detected", "mg/kg"], None, Role::Blank),
        ]
    );
    assert_eq!(decoded.readings[3].flags, ["(+)"], "what was printed stays beside what it means");
    assert_eq!(&file[decoded.readings[1].span.clone()], b"26-042;DDT;OVRFLW;;01/03/2026;09:20\r\n");
    // 28/02 proves the order for 01/03.
    assert_eq!(decoded.readings[1].measured_at.unwrap().to_string(), "2026-03-01T09:20:00");
}

#[test]
fn a_date_that_can_be_read_two_ways_is_held_until_the_profile_says_which() {
    let file = b"Sample;Test;Value;Day;Hour\n26-041;DDT;1.50;02/03/2026;09:15\n";
    let doubtful = decoded(&profile(TABLE), file);
    assert_eq!((doubtful.readings[0].measured_at, doubtful.readings[0].doubtful_time), (None, true));
    assert_eq!(doubtful.warnings.len(), 1);
    for (how, expected) in [
        ("order = \"day-first\"", "2026-03-02T09:15:00"),
        ("order = \"month-first\"", "2026-02-03T09:15:00"),
        ("format = \"%d/%m/%Y %H:%M\"", "2026-03-02T09:15:00"),
    ] {
        let sure = TABLE.replace("[\"Day\", \"Hour\"]", &format!("[\"Day\", \"Hour\"], {how}"));
        let reading = decoded(&profile(&sure), file).readings.remove(0);
        assert_eq!(reading.measured_at.map(|time| time.to_string()).as_deref(), Some(expected), "{how}");
    }
    let day = decoded(&profile(TABLE), b"Sample;Test;Value;Day;Hour\n26-041;DDT;1.50;02/03/2026;\n");
    assert_eq!((day.readings[0].measured_at, day.readings[0].doubtful_time), (None, false), "a day is no instant");
}

#[test]
fn what_is_no_row_of_the_table_is_rejected_with_its_line() {
    let file = b"Sample;Test;Value\n26-041;DDT\n26-042;DDT;1;2;3\n26-043;DDT;7\n";
    let decoded = decoded(&profile(TABLE), file);
    assert_eq!(decoded.readings.len(), 1);
    let reasons: Vec<_> = decoded.rejected.iter().map(|r| (r.offset, r.reason.as_str())).collect();
    assert_eq!(
        reasons,
        [
            (18, "line 2: expected a result, found nothing in its place"),
            (29, "line 3: expected at most 3 cells as in the header, found 5")
        ]
    );
    let fault = profile(TABLE).parse(&Message::plain(b"a;b;c\n1;2;3\n".to_vec(), 0)).unwrap_err();
    assert_eq!(fault.to_string(), "line 1: expected a row with the columns Sample, Test, Value, found 'a;b;c'");
}

#[test]
fn a_declared_decimal_comma_becomes_a_point_and_no_digit_changes() {
    let comma = TABLE.replace("[record]", "[text]\ndecimal = \",\"\n[record]");
    let decoded = decoded(&profile(&comma), b"Sample;Test;Value\n1;DDT;<0,050\n2;DDT;1.234,50\n3;DDT;kaputt\n");
    let results: Vec<_> = decoded.readings.iter().map(|r| (r.result.as_deref().unwrap(), r.number)).collect();
    assert_eq!(results, [("<0.050", Some(0.05)), ("1234.50", Some(1234.5)), ("kaputt", None)]);
}

#[test]
fn a_line_above_speaks_for_the_lines_below() {
    let profile = profile(
        r#"
maker = "Maker"
[link]
kind = "file"
[record]
shape = "pattern"
pattern = '^(?<analyte>\w+)\s+(?<value>\S+)\s+(?<unit>\S+)$'
[[carry]]
pattern = '^Sample (?<sample>\S+)$'
fields = { sample = "sample" }
[fields]
analyte = "analyte"
result = "value"
unit = "unit"
"#,
    );
    let decoded = decoded(&profile, b"Sample 26-041\nCd 0.10 mg/kg\nPb ND mg/kg\nSample 26-042\nCd 0.3 mg/kg\n??\n");
    let readings: Vec<_> = decoded.readings.iter().map(told).collect();
    assert_eq!(
        readings,
        [["26-041", "Cd", "0.10", "mg/kg"], ["26-041", "Pb", "ND", "mg/kg"], ["26-042", "Cd", "0.3", "mg/kg"]]
    );
    assert_eq!(decoded.rejected[0].reason, "line 6: expected a line as the pattern says, found '??'");
}

#[test]
fn one_line_can_hold_two_readings() {
    let profile = profile(
        r#"
maker = "Maker"
[link]
kind = "line"
[record]
shape = "pattern"
pattern = '(?<ph>[\d.]+)\s*pH\s+(?<t>[\d.]+)\s*C'
[[reading]]
analyte = { text = "pH" }
result = "ph"
[[reading]]
analyte = { text = "temperature" }
result = "t"
unit = { text = "°C" }
"#,
    );
    let decoded = decoded(&profile, b"4.54pH 24.7 C ATC\r\n");
    let readings: Vec<_> = decoded.readings.iter().map(told).collect();
    assert_eq!(readings, [["", "pH", "4.54", ""], ["", "temperature", "24.7", "°C"]]);
    assert!(profile.parse(&Message::plain(b"ERROR\r\n".to_vec(), 0)).unwrap().rejected.len() == 1);
}

#[test]
fn keys_and_values_make_a_record_until_the_first_key_comes_again() {
    let profile = profile(
        r#"
maker = "厂家"
[link]
kind = "print-out"
silence_seconds = 2
[text]
encoding = "gbk"
[record]
shape = "key-value"
begin = "样品编号"
[fields]
sample = "样品编号"
analyte = "检测项目"
result = "抑制率"
unit = { text = "%" }
time = "检测时间"
flags = "结论"
"#,
    );
    let text = "农药残留检测仪\r\n样品编号：26-041\r\n检测项目：有机磷\r\n抑制率：12.5\r\n检测时间：2026-03-02 09:15:00\r\n\
        结论：合格\r\n\r\n样品编号：26-042\r\n检测项目：有机磷\r\n抑制率：\r\n";
    let (bytes, ..) = encoding_rs::GBK.encode(text);
    let decoded = decoded(&profile, &bytes);
    assert_eq!(decoded.readings.iter().map(told).collect::<Vec<_>>(), [["26-041", "有机磷", "12.5", "%"]]);
    assert_eq!(
        (decoded.readings[0].flags.as_slice(), decoded.encoding),
        (["合格".to_owned()].as_slice(), Some("gb18030"))
    );
    assert_eq!(decoded.readings[0].measured_at.unwrap().to_string(), "2026-03-02T09:15:00");
    assert_eq!(decoded.rejected[0].reason, "line 8: expected a result, found nothing in its place");
}

#[test]
fn fields_of_fixed_width_are_counted_in_characters() {
    let profile = profile(
        r#"
maker = "Maker"
[link]
kind = "line"
[record]
shape = "fixed-width"
[fields]
sample = { from = 1, length = 8 }
result = { from = 9, length = 8 }
unit = { from = 17, length = 6 }
"#,
    );
    let decoded = decoded(&profile, "样品一       7.4123µmol/L \r\n".as_bytes());
    assert_eq!(decoded.readings.iter().map(told).collect::<Vec<_>>(), [["样品一", "", "7.4123", "µmol/L"]]);
}

#[test]
fn a_grid_takes_its_analytes_and_units_from_the_names_of_the_columns() {
    let profile = profile(
        r#"
maker = "Maker"
[link]
kind = "file"
[record]
shape = "delimited"
separator = "\t"
grid = { from = 2, unit_in = "[]", except = ["Remark"] }
[fields]
sample = 1
"#,
    );
    let decoded = decoded(&profile, b"Name\tCd [mg/kg]\tpH\tRemark\n26-041\t0.10\t\tx\n26-042\tND\t7.1\t\n");
    let readings: Vec<_> = decoded.readings.iter().map(told).collect();
    assert_eq!(
        readings,
        [["26-041", "Cd", "0.10", "mg/kg"], ["26-042", "Cd", "ND", "mg/kg"], ["26-042", "pH", "7.1", ""]]
    );
}

const BLOCK: &str = r#"
maker = "Maker"
[link]
kind = "block"
start = "7E"
length = 13
[record]
shape = "binary"
check = { kind = "sum8", first = 2, last = -2, at = -1 }
[fields]
sample = { at = 2, type = "bcd", length = 2 }
analyte = { text = "inhibition" }
result = { at = 4, type = "i16le", decimals = 2 }
unit = { text = "%" }
time = { of = [{ at = 6, type = "u8" }, { at = 7, type = "u8" }, { at = 8, type = "u8" }, { at = 9, type = "u8" }, { at = 10, type = "u8" }, { at = 11, type = "u8" }], format = "%y %m %d %H %M %S" }
flags = { at = 12, type = "text", length = 1 }
"#;

#[test]
fn a_block_of_bytes_is_read_only_if_its_check_is_right() {
    let profile = profile(BLOCK);
    let mut block = vec![0x7E, 0x26, 0x41, 0x2E, 0xFB, 26, 3, 2, 9, 15, 7, b'N'];
    block.push(block[1..].iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)));
    let mut link = profile.link();
    let events: Vec<Event> = link.feed(&[&[0, 0], block.as_slice()].concat());
    let message = events.iter().find_map(|event| event.message.clone()).unwrap();
    let reading = profile.parse(&message).unwrap().readings.remove(0);
    assert_eq!(told(&reading), ["2641", "inhibition", "-12.34", "%"]);
    assert_eq!(reading.measured_at.map(|time| time.to_string()).as_deref(), Some("2026-03-02T09:15:07"));
    assert_eq!(reading.flags, ["N"]);
    for place in 1..block.len() {
        let mut damaged = block.clone();
        damaged[place] ^= 0x10;
        let fault = profile.parse(&Message::plain(damaged, 0));
        assert!(matches!(fault, Err(Fault::Checksum { .. })), "byte {place}");
    }
}

#[test]
fn a_profile_is_told_which_key_is_wrong_and_what_was_expected() {
    let cases = [
        ("separator = \";\"", "separator = \";;\"", "record.separator: expected one character, found \";;\""),
        (
            "shape = \"delimited\"",
            "",
            "record.shape: expected \"delimited\", \"fixed-width\", \"key-value\", \"pattern\" or \"binary\", found nothing",
        ),
        ("result = \"Value\"", "", "fields.result: expected where the result stands, found nothing"),
        (
            "result = \"Value\"",
            "result = 0",
            "fields.result: expected a column's name, or its number from 1, or { text = \"…\" }, found 0",
        ),
        (
            "result = \"Value\"",
            "resutl = \"Value\"",
            "fields.resutl: expected one of the keys absorbance_change, absorbance_end, absorbance_start, analyte, flags, key, kind, position, replicate, result, sample, time, unit, found a key without meaning",
        ),
        (
            "kind = \"file\"",
            "kind = \"fax\"",
            "link.kind: expected one of \"file\", \"print-out\", \"line\", \"block\", found \"fax\"",
        ),
        (
            "\"QC\" = \"control\"",
            "\"QC\" = \"check\"",
            "roles.kinds.QC: expected one of \"sample\", \"blank\", \"control\", \"calibrator\", \"spike\", \"duplicate\", found \"check\"",
        ),
        (
            "starts = [\"Average\", \"%RSD\"]",
            "",
            "skip[1].is: expected is, starts or contains with texts, or blank = true, found nothing",
        ),
        (
            "[\"Day\", \"Hour\"]",
            "[\"Day\", \"Hour\"], format = \"%Q\"",
            "fields.time.format: expected a format such as \"%d.%m.%Y %H:%M\"",
        ),
    ];
    for (from, to, expected) in cases {
        let error = Described::from_toml("own", &TABLE.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{to}: {error}");
    }
    let error = Described::from_toml("own", "maker = \"A\"\n[link\n").unwrap_err().to_string();
    assert!(error.starts_with("line 2: "), "{error}");
}

#[test]
fn the_examples_that_teach_profiles_are_profiles() {
    let page = include_str!("../../../docs/profiles.md");
    let examples: Vec<&str> =
        page.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(example, _)| example).collect();
    assert_eq!(examples.len(), 2);
    let table = decoded(
        &profile(examples[0]),
        b"Probe;Element;Gehalt;Einheit;Art;Zeit\n26-041;Cd;0,102;mg/kg;QC 1;02.03.2026 10:02\nMittelwert;Cd;0,1;;;\n",
    );
    assert_eq!(table.readings.iter().map(told).collect::<Vec<_>>(), [["26-041", "Cd", "0.102", "mg/kg"]]);
    assert_eq!(table.readings[0].role, Role::Control);
    let (print, ..) = encoding_rs::GBK.encode("样品编号：26-041\r\n检测项目：有机磷\r\n抑制率：12.5\r\n");
    let print = decoded(&profile(examples[1]), &print);
    assert_eq!(print.readings.iter().map(told).collect::<Vec<_>>(), [["26-041", "有机磷", "12.5", "%"]]);
}
