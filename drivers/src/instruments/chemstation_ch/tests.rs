use super::written::{Written, spectrum};
use super::*;

fn read(file: &Written) -> Decoded {
    parse(&Message::plain(file.bytes(), 0)).unwrap()
}

fn one(file: &Written) -> Chromatogram {
    let mut decoded = read(file);
    assert_eq!(decoded.chromatograms.len(), 1);
    decoded.chromatograms.remove(0)
}

#[test]
fn a_signal_says_whose_it_is_and_what_was_measured() {
    let file = Written::signal("130", (0.0, 400.0), vec![0x10, 3, 0, 10, 0, 10, 0xFF, 0xFE]);
    let decoded = read(&file);
    let trace = &decoded.chromatograms[0];
    assert_eq!(trace.sample_id.as_deref(), Some("青稞 26-041"));
    assert_eq!(trace.acquired_at.map(|time| time.to_string()).as_deref(), Some("2026-03-02T14:30:00"));
    assert_eq!((trace.detector.as_deref(), trace.channel.as_deref()), (Some("DAD1 A"), Some("Sig=254,4 Ref=off")));
    assert_eq!((trace.points, trace.signal_unit.as_deref()), (3, Some("mAU")));
    assert_eq!(decoded.instrument.model.as_deref(), Some("G1315A"));
    assert!(decoded.warnings.is_empty(), "{:?}", decoded.warnings);
}

#[test]
fn a_difference_is_to_the_point_before_and_a_mark_announces_a_point() {
    let data = vec![0x10, 2, 0, 10, 0xFF, 0xFE, 0x10, 3, 0, 2, 0x80, 0, 0, 1, 0, 0, 0xFF, 0xFF];
    let trace = one(&Written::signal("130", (0.0, 800.0), data));
    assert_eq!(trace.signal, [5.0, 4.0, 5.0, 32768.0, 32767.5]);
    assert_eq!((trace.start_min, trace.interval_min), (Some(0.0), Some(200.0 / 60_000.0)));
}

#[test]
fn a_second_difference_is_to_the_difference_before_and_a_point_has_48_bits() {
    let data =
        vec![0x7F, 0xFF, 0, 1, 0, 0, 0, 0, 0, 4, 0xFF, 0xFC, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0, 2];
    let trace = one(&Written::signal("181", (0.0, 800.0), data));
    assert_eq!(trace.signal, [2147483648.0, 2147483650.0, 2147483650.0, -1.0, 0.0]);
}

#[test]
fn numbers_of_four_and_of_eight_bytes_are_told_apart_by_how_many_must_be_there() {
    let four: Vec<u8> = [2.0f32, 4.0, 6.0, 8.0].iter().flat_map(|n| n.to_le_bytes()).collect();
    let eight: Vec<u8> = [2.0f64, 4.0, 6.0, 8.0].iter().flat_map(|n| n.to_le_bytes()).collect();
    for data in [four, eight] {
        let trace = one(&Written::signal("179", (0.0, 600.0), data));
        assert_eq!(trace.signal, [1.0, 2.0, 3.0, 4.0]);
    }
}

#[test]
fn a_file_cut_short_gives_the_points_before_the_cut_and_says_so() {
    let mut file = Written::signal("130", (0.0, 400.0), vec![0x10, 3, 0, 10, 0, 10, 0xFF]);
    let decoded = read(&file);
    assert_eq!(decoded.chromatograms[0].signal, [5.0, 10.0]);
    assert!(decoded.warnings[0].contains("offset 6150: 1 bytes after"), "{:?}", decoded.warnings);
    file.data.clear();
    let fault = parse(&Message::plain(file.bytes(), 0)).unwrap_err();
    assert_eq!(fault.to_string(), "offset 6144: expected points of a signal, found none");
}

#[test]
fn times_that_do_not_fit_the_points_are_told() {
    let decoded = read(&Written::signal("130", (0.0, 4000.0), vec![0x10, 3, 0, 10, 0, 10, 0, 1]));
    assert_eq!(decoded.warnings, ["3 points from 0 to 4000 ms, but a point every 200 ms"]);
    assert_eq!(decoded.chromatograms[0].interval_min, Some(200.0 / 60_000.0));
}

#[test]
fn spectra_become_a_trace_for_each_wavelength() {
    let mut data = spectrum(120, &[10, 0, 0xFE, 0xFF], 2);
    data.extend(spectrum(520, &[0, 0x80, 0, 0, 1, 0, 2, 0], 2));
    let mut file = Written { version: "131", kind: "LC DATA FILE", times: (0.0, 0.0), data, declared: 0 };
    let decoded = read(&file);
    let traces: Vec<_> = decoded.chromatograms.iter().map(|c| (c.channel.as_deref(), c.signal.as_slice())).collect();
    assert_eq!(traces, [(Some("200 nm"), [5.0, 32768.0].as_slice()), (Some("202 nm"), [4.0, 32769.0].as_slice())]);
    assert_eq!(decoded.chromatograms[1].start_min, Some(0.002));
    assert_eq!(decoded.chromatograms[1].interval_min, Some(400.0 / 60_000.0));

    file.data.extend(spectrum(1920, &[1, 0], 2));
    let decoded = read(&file);
    assert_eq!(decoded.chromatograms[0].points, 2);
    assert_eq!(decoded.rejected[0].reason, "expected 2 values of a spectrum, found others");

    // What follows the declared spectra is an index of them.
    file.declared = 1;
    assert_eq!(read(&file).chromatograms[0].points, 1);
    file.declared = 9;
    assert_eq!(read(&file).warnings, ["9 spectra declared, found 2"]);
}

#[test]
fn openlab_writes_spectra_as_numbers() {
    let data = spectrum(120, &[2.0f64, 4.0].iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>(), 2);
    let decoded = read(&Written { version: "131", kind: "OL DATA FILE", times: (0.0, 0.0), data, declared: 1 });
    assert_eq!(decoded.chromatograms.iter().map(|c| c.signal[0]).collect::<Vec<_>>(), [1.0, 2.0]);
}

#[test]
fn another_version_or_other_bytes_are_not_taken_for_a_signal() {
    let good = Written::signal("130", (0.0, 400.0), vec![0x10, 1, 0, 10]).bytes();
    assert!(recognises(&good));
    let mut unknown = good.clone();
    unknown[3] = b'9';
    assert!(!recognises(&unknown));
    let fault = parse(&Message::plain(unknown, 0)).unwrap_err();
    assert!(fault.to_string().contains("version 8, 30, 31, 81, 130, 131, 179 or 181"), "{fault}");
    for len in [0, 1, 4, 300, 5000] {
        let cut = good[..len].to_vec();
        assert!(parse(&Message::plain(cut, 0)).is_err(), "{len} bytes");
    }
}
