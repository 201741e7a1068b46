//! What was right: every recorded conversation is answered as recorded and read as approved.
//!
//! Beside `NAME.txt` lies `NAME.readings`, one fact a line: `sample | analyte | result | unit | ...`, and what was
//! refused. `APPROVE=1 cargo test -p drivers --test golden` writes them; a person then reads them before committing.

mod recordings;

use std::fmt::Write;
use std::time::Duration;

use drivers::conversation::{Item, Side};
use drivers::{Censored, Chromatogram, CompactString, Decoded, Driver, Event, Kind, Reading, Role};
use jiff::civil::{DateTime, date};
use recordings::Recording;

/// The morning on which the conversations are played.
fn morning() -> DateTime {
    date(2026, 3, 2).at(8, 0, 0, 0)
}

#[test]
fn every_conversation_is_answered_as_recorded_and_read_as_approved() {
    let mut wrong = Vec::new();
    for recording in recordings::all() {
        let name = recording.path.display();
        let said = match play(&recording) {
            Ok(events) => text(&recording.driver, &events),
            Err(problem) => {
                wrong.push(format!("{name}: {problem}"));
                continue;
            }
        };
        let approved = recording.path.with_extension("readings");
        if std::env::var_os("APPROVE").is_some() {
            std::fs::write(&approved, &said).unwrap();
        }
        match std::fs::read_to_string(&approved) {
            Ok(text) if text == said => {}
            Ok(text) => wrong.push(format!("{name}: approved\n{text}\nfound\n{said}")),
            Err(error) => wrong.push(format!("{name}: no approved output ({error}); found\n{said}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_driver_has_a_conversation_with_its_origin() {
    let recordings = recordings::all();
    for profile in drivers::all() {
        let own: Vec<&Recording> = recordings.iter().filter(|r| r.driver.id() == profile.id()).collect();
        assert!(!own.is_empty(), "{}: no recorded conversation", profile.id());
        for recording in own {
            let first = recording.conversation.items.first();
            let stated = matches!(first, Some(Item::Remark(text)) if text.starts_with("origin: "));
            assert!(stated, "{}: the first line does not state the origin", recording.path.display());
        }
    }
}

/// Feeds what the instrument said and compares what we say with the record. Silence comes where the record shows it
/// by time, and where we are recorded to speak without having been spoken to.
fn play(recording: &Recording) -> Result<Vec<Event>, String> {
    let mut link = recording.driver.link();
    let (mut events, mut said, mut clock) = (Vec::new(), Vec::new(), Duration::ZERO);
    for (index, item) in recording.conversation.items.iter().enumerate() {
        let heard = match item {
            Item::Remark(_) => continue,
            Item::At(time) => {
                let silent = time.saturating_sub(clock);
                clock = *time;
                match link.patience() {
                    Some(patience) if silent >= patience => link.idle(morning()),
                    _ => Vec::new(),
                }
            }
            Item::Said(Side::Instrument, bytes) => {
                if !said.is_empty() {
                    return Err(format!("item {}: we say '{}' before it", index + 1, said.escape_ascii()));
                }
                link.feed(bytes)
            }
            Item::Said(Side::Host, bytes) => {
                let mut asked = Vec::new();
                if said.is_empty() && link.patience().is_some() {
                    asked = link.idle(morning());
                    said.extend(asked.iter().flat_map(|event| event.answer.to_vec()));
                }
                if !said.starts_with(bytes) {
                    let (expected, found) = (bytes.escape_ascii(), said.escape_ascii());
                    return Err(format!("item {}: recorded answer '{expected}', we say '{found}'", index + 1));
                }
                said.drain(..bytes.len());
                events.extend(asked);
                continue;
            }
        };
        said.extend(heard.iter().flat_map(|event| event.answer.to_vec()));
        events.extend(heard);
    }
    if !said.is_empty() {
        return Err(format!("at the end we say '{}'", said.escape_ascii()));
    }
    events.extend(link.close());
    Ok(events)
}

fn text(profile: &Driver, events: &[Event]) -> String {
    let mut out = String::new();
    for event in events {
        match &event.kind {
            Kind::Refused(fault) => writeln!(out, "refused | {fault}").unwrap(),
            Kind::Repeated => writeln!(out, "repeated | {} bytes", event.wire.len()).unwrap(),
            Kind::Noise => writeln!(out, "noise | {} bytes", event.wire.len()).unwrap(),
            Kind::Control | Kind::Frame => {}
        }
        match event.message.as_ref().map(|message| profile.parse(message)) {
            None => {}
            Some(Ok(decoded)) => message(&mut out, &decoded),
            Some(Err(fault)) => writeln!(out, "fault | {fault}").unwrap(),
        }
    }
    out
}

fn message(out: &mut String, decoded: &Decoded) {
    for reading in &decoded.readings {
        writeln!(out, "{}", row(reading)).unwrap();
    }
    for chromatogram in &decoded.chromatograms {
        trace(out, chromatogram);
    }
    for order in &decoded.orders {
        let sample = order.sample_id.as_deref().unwrap_or_default();
        writeln!(out, "order | {sample} | {}", order.tests.join(", ")).unwrap();
    }
    for query in &decoded.queries {
        let sample = query.sample_id.as_deref().unwrap_or_default();
        writeln!(out, "query | {sample} | {}", query.tests.join(", ")).unwrap();
    }
    for rejected in &decoded.rejected {
        writeln!(out, "rejected | {}", rejected.reason).unwrap();
    }
    for warning in &decoded.warnings {
        writeln!(out, "warning | {warning}").unwrap();
    }
}

fn row(reading: &Reading) -> String {
    let plain = |text: &Option<CompactString>| text.as_deref().unwrap_or_default().to_owned();
    let mut cells =
        vec![plain(&reading.sample_id), plain(&reading.analyte), plain(&reading.result), plain(&reading.unit)];
    cells.extend(match reading.censored {
        Some(Censored::Below) => Some("below".to_owned()),
        Some(Censored::Above) => Some("above".to_owned()),
        Some(Censored::NotDetected) => Some("not detected".to_owned()),
        None => None,
    });
    if reading.role != Role::Unknown {
        cells.push(format!("{:?}", reading.role).to_lowercase());
    }
    cells.extend(reading.position.as_ref().map(|place| format!("place {place}")));
    cells.extend(reading.flags.iter().cloned());
    if let Some(absorbance) = &reading.absorbance {
        let part = |name: &str, text: &Option<String>| text.as_ref().map(|text| format!("{name} {text}"));
        cells.extend(part("absorbance at start", &absorbance.start));
        cells.extend(part("absorbance at end", &absorbance.end));
        cells.extend(part("change of absorbance", &absorbance.change));
    }
    cells.extend(reading.measured_at.map(|at| at.to_string()));
    cells.join(" | ")
}

fn trace(out: &mut String, chromatogram: &Chromatogram) {
    let plain = |text: &Option<String>| text.clone().unwrap_or_default();
    writeln!(
        out,
        "trace | {} | {} {} | {} points | {}",
        plain(&chromatogram.sample_id),
        plain(&chromatogram.detector),
        plain(&chromatogram.channel),
        chromatogram.points,
        plain(&chromatogram.signal_unit)
    )
    .unwrap();
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for peak in &chromatogram.peaks {
        let (time, area, amount) = (number(peak.retention_time_min), number(peak.area), number(peak.amount));
        writeln!(out, "peak | {} | {time} min | {area} | {amount} {}", plain(&peak.name), plain(&peak.unit)).unwrap();
    }
}
