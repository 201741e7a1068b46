//! Agilent ChemStation: files that stand beside the results in a folder of one run (`.D`) and hold no result:
//! `SAMPLE.XML`, `Limsinf.xml`, `RUN.LOG`, `acq.txt`. Read so that a watched folder does not call them unknown.
//! From files of ChemStation B and C; they have no public document.

use super::chemstation;
use crate::contract::{Decoded, Direction, Fault, Message, Profile, Proof, Rejected, Serial, Transport};
use crate::format::encodings;
use crate::format::rows::{Row, rows};
use crate::format::xml::walk;
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "chemstation-aux",
    maker: "Agilent",
    models: &["1100/1200/1260 HPLC", "6890/7890 GC", "OpenLab CDS ChemStation Edition"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "6 companion files of an HPLC and a GC",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Companion {
    Sample,
    LimsFields,
    RunLog,
    MethodPrint,
}

fn companion(text: &str) -> Option<Companion> {
    let text = text.trim_start();
    if text.starts_with("<?xml") {
        let is_sample = text.contains("<Sample>") && text.contains("<ACQMethodPath");
        return if is_sample {
            Some(Companion::Sample)
        } else {
            text.contains("<SampleLimsInfo").then_some(Companion::LimsFields)
        };
    }
    let mut lines = text.lines();
    let (first, second) = (lines.next()?, lines.next()?);
    if first.starts_with("Data File") && second.starts_with("Acq. Method") {
        return Some(Companion::MethodPrint);
    }
    (is_stamp(first) && stamped(second)).then_some(Companion::RunLog)
}

/// `443 41e2 5a957510 cdb4`: the program, the kind of the entry, seconds and a detail, all hexadecimal.
fn is_stamp(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let hex = words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hex && matches!(words.as_slice(), [_, _, seconds, _] if seconds.len() == 8)
}

/// `Method       Method started …   10:11:12 02/27/18`.
fn stamped(line: &str) -> bool {
    let mut words = line.split_whitespace().rev();
    let is_date = words.next().is_some_and(|date| crate::format::times::three(date, '/').is_some());
    is_date && words.next().is_some_and(|time| crate::format::times::clock(time).is_some())
}

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(8192)).unwrap_or_default();
    companion(&encodings::read(head).0).is_some()
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = encodings::read(&message.bytes);
    let mut decoded = Decoded { instrument: chemstation::instrument(), encoding: Some(encoding), ..Decoded::default() };
    match companion(&text) {
        Some(Companion::Sample | Companion::LimsFields) => {
            walk(&text, |_| {}).map_err(|fault| fault.placed(|at| encodings::place(&message.bytes, &text, at)))?;
        }
        Some(Companion::RunLog) => run_log(&rows(&text, &message.bytes, encoding), &mut decoded),
        Some(Companion::MethodPrint) => {}
        None => {
            return Err(Fault::Line {
                line: 1,
                expected: "a sample record, LIMS fields, a run log or a print of a method",
                found: text.chars().take(40).collect(),
            });
        }
    }
    Ok(decoded)
}

/// Entries of two lines. What the log calls an error concerns whoever uses the run.
fn run_log(rows: &[Row<'_>], decoded: &mut Decoded) {
    let filled: Vec<&Row<'_>> = rows.iter().filter(|row| !row.text.trim().is_empty()).collect();
    for entry in filled.chunks(2) {
        match entry {
            [stamp, told] if is_stamp(stamp.text) => {
                let words = told.text.to_ascii_lowercase();
                if ["error", "abort", "not ready", "failed"].iter().any(|word| words.contains(word)) {
                    let told: Vec<&str> = told.text.split_whitespace().collect();
                    decoded.warnings.push(format!("run log: {}", told.join(" ")));
                }
            }
            [row, ..] => decoded.rejected.push(Rejected {
                offset: row.span.start,
                reason: format!("line {}: expected an entry of two lines, found '{}'", row.line, row.quoted()),
            }),
            [] => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Decoded {
        assert!(recognises(text.as_bytes()), "{text}");
        parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap()
    }

    const LOG: &str = " 443 41e2 5a957510 cdb4\r\nMethod       Method started:  line# 3        10:11:12 03/02/26\r\n  \
        70 1dac 5a957514    0\r\nG4212A     1 G4212A:X - Detector: Lamp error   10:11:16 03/02/26\r\n";

    #[test]
    fn companions_hold_no_result_and_are_read() {
        for text in [
            "<?xml version=\"1.0\"?>\r\n<Sample><Name>26-041</Name><ACQMethodPath>x.M</ACQMethodPath></Sample>",
            "<?xml version=\"1.0\"?>\r\n<SampleLimsInfo><LimsKField1> </LimsKField1></SampleLimsInfo>",
            "Data File  : C:\\X.D\r\nAcq. Method: DET.M\r\n\r\nOVEN\r\n",
        ] {
            let decoded = read(text);
            assert!(decoded.readings.is_empty() && decoded.chromatograms.is_empty() && decoded.warnings.is_empty());
        }
    }

    #[test]
    fn an_error_in_the_run_log_is_told() {
        let decoded = read(LOG);
        assert_eq!(decoded.warnings, ["run log: G4212A 1 G4212A:X - Detector: Lamp error 10:11:16 03/02/26"]);
        let decoded = read(&format!("{LOG}torn"));
        assert!(decoded.rejected[0].reason.starts_with("line 5: expected an entry of two lines"));
    }

    #[test]
    fn a_report_is_no_companion() {
        assert!(!recognises(b"Data File C:\\X.D\r\nSample Name: 1\r\nAcq. Operator : A\r\n"));
        assert!(!recognises(b"<?xml version=\"1.0\"?><ChemStationResult/>"));
    }
}
