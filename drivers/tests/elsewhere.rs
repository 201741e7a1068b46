//! What other programs are known to do badly with instruments, and what drivers here do instead: one test each.
//!
//! The frames among it are in faults/frames.rs (sums of frames that end with ETB, frame numbers, segments of a network),
//! equal values of a device without a clock in faults/values.rs; what concerns the hub is in the application's tests.

mod recordings;

use drivers::{Censored, Driver, Reading, Transport, by_id};

fn read(driver: &Driver, bytes: &[u8]) -> Vec<Reading> {
    let mut link = driver.link();
    let mut events = link.feed(bytes);
    events.extend(link.close());
    let decoded = events.iter().filter_map(|event| driver.parse(event.message.as_ref()?).ok());
    decoded.flat_map(|decoded| decoded.readings).map(|reading| Reading { span: 0..0, ..reading }).collect()
}

fn named(driver: &str, text: &str) -> Vec<Reading> {
    read(&by_id(driver).unwrap(), text.as_bytes())
}

/// The row of a table, in each kind of table and record.
const TABLES: [(&str, &str, &str); 6] = [
    ("csv-results", "Sample_ID,Test_Code,Result,Unit\r\n", "26-071,\"2,4-D\",0.05,mg/kg\r\n"),
    (
        "masshunter-quant",
        "Sample,,,,\"2,4-D Method\",\"2,4-D Results\",\r\n,Name,Data File,Type,Units,RT,Final Conc.\r\n",
        ",26-071,a.d,Sample,mg/kg,6.842,0.05\r\n",
    ),
    (
        "sciex-txt",
        "Sample Name\tSample Type\tComponent Name\tArea\tRetention Time\tCalculated Concentration\tUnits\r\n",
        "26-071\tUnknown\t2,4-D\t4758.83\t9.57\t0.05\tmg/kg\r\n",
    ),
    (
        "astm-lis2",
        "H|\\^&|||GC||||||||LIS2-A2|20260302101500\r\nO|1|26-071||^^^2,4-D\r\n",
        "R|1|^^^2,4-D|0.05|mg/kg||N||F\r\nL|1|N\r\n",
    ),
    (
        "hl7v2",
        "MSH|^~\\&|GC|LAB|LIS|ST|20260302091500||ORU^R01|102|P|2.3.1\rOBR|1|26-071|\r",
        "OBX|1|NM|2,4-D||0.05|mg/kg||||F\r",
    ),
    ("winlab32", "Sample ID,Analyte Name,Reported Conc (Calib),Units (Samp)\r\n", "26-071,\"2,4-D\",0.05,mg/kg\r\n"),
];

#[test]
fn the_comma_of_2_4_d_splits_no_column() {
    for (driver, head, row) in TABLES {
        let readings = named(driver, &[head, row].concat());
        let [reading] = readings.as_slice() else { panic!("{driver}: {readings:?}") };
        assert_eq!(reading.analyte.as_deref(), Some("2,4-D"), "{driver}");
        assert_eq!(reading.result.as_deref(), Some("0.05"), "{driver}");
    }
}

#[test]
fn the_unit_is_kept_as_it_was_sent_and_none_is_invented() {
    for (driver, head, row) in TABLES {
        for unit in ["mg/kg", "ug/kg", "ng/mL", ""] {
            let readings = named(driver, &[head, row].concat().replace("mg/kg", unit));
            let [reading] = readings.as_slice() else { panic!("{driver} with '{unit}': {readings:?}") };
            assert_eq!(reading.unit.as_deref().unwrap_or_default(), unit, "{driver}");
        }
    }
}

#[test]
fn a_second_injection_of_a_sample_is_kept_beside_the_first() {
    for (driver, head, row) in TABLES.into_iter().filter(|(driver, ..)| *driver != "astm-lis2") {
        let again = row.replace("0.05", "0.06");
        let readings = named(driver, &[head, row, &again, row].concat());
        let results: Vec<_> = readings.iter().filter_map(|reading| reading.result.as_deref()).collect();
        assert_eq!(results, ["0.05", "0.06", "0.05"], "{driver}: also one that says the same as the first");
    }
}

#[test]
fn what_was_not_detected_is_never_zero() {
    for (driver, head, row) in TABLES {
        for word in ["ND", "N.D.", "未检出"] {
            for reading in named(driver, &[head, row].concat().replace("0.05", word)) {
                let said = (reading.number, reading.censored);
                assert!(matches!(said, (None, Some(Censored::NotDetected) | None)), "{driver}: {reading:?}");
            }
        }
    }
    // And in all that is recorded: where a number is zero, zeros were sent.
    for recording in recordings::all() {
        for reading in read(&recording.driver, &recording.conversation.heard()) {
            assert!(reading.censored != Some(Censored::NotDetected) || reading.number.is_none(), "{reading:?}");
            let digits = |digit: char| reading.result.as_ref().is_some_and(|text| text.contains(digit));
            let zero = reading.number == Some(0.0);
            assert!(!zero || (digits('0') && !('1'..='9').any(digits)), "{}: {reading:?}", recording.path.display());
        }
    }
}

#[test]
fn every_record_is_kept_whether_lines_end_with_lf_or_with_cr_lf() {
    let mut seen = 0;
    for recording in recordings::all().iter().filter(|r| r.driver.transports().contains(&Transport::File)) {
        let said = recording.conversation.heard();
        let is_text = said.iter().all(|byte| *byte >= b' ' || matches!(*byte, b'\r' | b'\n' | b'\t'));
        let right = read(&recording.driver, &said);
        let cr_alone = said.windows(2).any(|two| two[0] == b'\r' && two[1] != b'\n');
        if !is_text || cr_alone || !said.contains(&b'\n') || right.is_empty() {
            continue;
        }
        let text: Vec<u8> = said.iter().copied().filter(|byte| *byte != b'\r').collect();
        let ended = |end: &[u8]| text.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(end);
        for end in [&b"\n"[..], b"\r\n"] {
            let found = read(&recording.driver, &ended(end));
            assert_eq!(found, right, "{} with {}", recording.path.display(), end.escape_ascii());
        }
        seen += 1;
    }
    assert!(seen >= 20, "{seen} recordings of lines");
}
