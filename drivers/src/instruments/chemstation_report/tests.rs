use super::*;
use crate::contract::Censored;

fn read(text: &str) -> Decoded {
    parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap()
}

const HEAD: &str = "Data File C:\\CHEM32\\1\\DATA\\260302\\26-041.D\r\nSample Name: 26-041\r\n\r\n\
    Acq. Operator   : Chen                           Seq. Line :   4\r\n\
    Acq. Instrument : LC-2                            Location : Vial 9\r\n\
    Injection Date  : 3/2/2026 2:30:00 PM                  Inj :   1\r\n\
    \x20                                               Inj Volume : 15.0 µl\r\n\
    Last changed    : 1/28/2026 9:12:00 AM by Chen\r\n\r\n";

const PERCENT: &str = "Signal 1: DAD1 A, Sig=254,8 Ref=off\r\n\r\n\
    Peak RetTime Type  Width     Area      Height     Area  \r\n  #   [min]        [min]   [mAU*s]     [mAU]        %\r\n\
    ----|-------|----|-------|----------|----------|--------|\r\n\
    \x20  1   1.442 BV    0.4671  831.18597   22.49623  98.0000\r\n\
    \x20  2  14.102 MM R  0.3737 1.95459e1  6.48446e-1   2.0000\r\nTotals :                  850.73187   23.14468\r\n\r\n\
    Signal 2: DAD1 B, Sig=210,8 Ref=off\r\n\r\n      *** End of Report ***\r\n";

const EXTERNAL: &str = "Signal 1: FID1 A, \r\n\r\n\
    RetTime  Type     Area     Amt/Area    Amount   Grp   Name\r\n [min]          [pA*s]              [mg/kg]\r\n\
    -------|------|----------|----------|----------|--|------------------\r\n\
    \x20 3.210 BB      204.20000 2.50734e-4     0.0512    chlorpyrifos\r\n\
    \x20 4.100   -          -          -          -       dimethoate\r\n\
    \x20 5.000 BB       10.00000    0.00000     0.0000    ?\r\n\
    Totals :                                 0.0512\r\n";

#[test]
fn every_signal_has_its_peaks_and_one_may_have_none() {
    let decoded = read(&format!("{HEAD}{PERCENT}"));
    let [first, second] = decoded.chromatograms.as_slice() else { panic!("two signals") };
    assert_eq!((first.detector.as_deref(), first.channel.as_deref()), (Some("DAD1 A"), Some("Sig=254,8 Ref=off")));
    assert_eq!(first.signal_unit.as_deref(), Some("mAU"));
    let peaks: Vec<_> = first.peaks.iter().map(|p| (p.number, p.area, p.height, p.area_percent)).collect();
    assert_eq!(
        peaks,
        [(Some(1), Some(831.18597), Some(22.49623), Some(98.0)), (Some(2), Some(19.5459), Some(0.648446), Some(2.0)),]
    );
    assert!(second.peaks.is_empty());
    assert!(decoded.readings.is_empty() && decoded.rejected.is_empty());
}

#[test]
fn the_run_is_told_by_the_head() {
    let decoded = read(&format!("{HEAD}{PERCENT}"));
    let first = &decoded.chromatograms[0];
    assert_eq!(first.sample_id.as_deref(), Some("26-041"));
    assert_eq!(first.acquired_at.map(|time| time.to_string()).as_deref(), Some("2026-03-02T14:30:00"));
    assert_eq!(decoded.instrument.model.as_deref(), Some("LC-2"));
    // Without a date that proves the order, day and month stay in doubt.
    let decoded = read(&format!("{}{PERCENT}", HEAD.replace("1/28/2026", "1/8/2026")));
    assert_eq!(decoded.chromatograms[0].acquired_at, None);
    assert!(decoded.warnings[0].contains("3/2/2026"), "{:?}", decoded.warnings);
}

#[test]
fn a_calibrated_compound_is_a_reading_and_a_row_of_dashes_is_not_detected() {
    let decoded = read(&format!("{HEAD}{EXTERNAL}"));
    let readings: Vec<_> = decoded
        .readings
        .iter()
        .map(|r| (r.analyte.as_deref(), r.result.as_deref(), r.number, r.censored, r.unit.as_deref()))
        .collect();
    assert_eq!(
        readings,
        [
            (Some("chlorpyrifos"), Some("0.0512"), Some(0.0512), None, Some("mg/kg")),
            (Some("dimethoate"), Some("-"), None, Some(Censored::NotDetected), Some("mg/kg")),
        ]
    );
    let peaks: Vec<_> = decoded.chromatograms[0].peaks.iter().map(|p| (p.name.as_deref(), p.area, p.amount)).collect();
    assert_eq!(peaks, [(Some("chlorpyrifos"), Some(204.2), Some(0.0512)), (None, Some(10.0), None)]);
}

#[test]
fn a_row_that_cannot_be_read_is_told_and_the_others_are_kept() {
    let decoded = read(&format!("{HEAD}{}", PERCENT.replace("  14.102 MM R", "  1#.102 MM R")));
    assert_eq!(decoded.chromatograms[0].peaks.len(), 1);
    assert!(decoded.rejected[0].reason.contains("line 16: expected a row of the table"), "{:?}", decoded.rejected);
}

#[test]
fn the_same_report_in_utf_16_is_the_same() {
    let text = format!("{HEAD}{EXTERNAL}");
    let bytes: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(recognises(&bytes));
    let decoded = parse(&Message::plain(bytes, 0)).unwrap();
    assert_eq!(decoded.encoding, Some("utf-16le"));
    assert_eq!(decoded.chromatograms, read(&text).chromatograms);
}

#[test]
fn a_head_without_signals_is_a_fault() {
    let fault = parse(&Message::plain(HEAD.as_bytes().to_vec(), 0)).unwrap_err();
    assert!(fault.to_string().contains("expected a line `Signal n:`"), "{fault}");
}
