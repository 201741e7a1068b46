//! Cases of what stands in a frame: names cut in the middle of a character, clocks that were never set, numbers that mean that
//! there is none, and values below zero.

use drivers::link::dayuan::{self, CRC_AA};
use drivers::link::dayuan_device::{LzRecord, record};
use drivers::link::taiyang;
use drivers::{Driver, Message, Reading, by_id};
use jiff::civil::date;

fn read(driver: &str, bytes: &[u8]) -> Vec<Reading> {
    let driver: Driver = by_id(driver).unwrap();
    let mut link = driver.link();
    let mut events = link.feed(bytes);
    events.extend(link.close());
    let messages: Vec<Message> = events.into_iter().filter_map(|event| event.message).collect();
    assert!(!messages.is_empty(), "{}: no message in {}", driver.id(), bytes.escape_ascii());
    messages.iter().filter_map(|message| driver.parse(message).ok()).flat_map(|decoded| decoded.readings).collect()
}

fn one(driver: &str, bytes: &[u8]) -> Reading {
    let mut readings = read(driver, bytes);
    assert_eq!(readings.len(), 1, "{driver}: {}", bytes.escape_ascii());
    readings.remove(0)
}

/// Name, six bytes of clock, and the inhibition in hundredths of a percent.
fn lz(name: &[u8; 6], clock: [u8; 6], raw: i16) -> Vec<u8> {
    let data = [&[1, 0, 0, 0, 1, 0][..], name, &clock, &raw.to_le_bytes()].concat();
    dayuan::frame(0x11, &data, CRC_AA)
}

/// One channel of a Taiyang tester; the clock as it is sent: second, minute, hour, day, month, and the year.
fn ttnj(clock: [u8; 5], year: u8, value: f32) -> Vec<u8> {
    let [second, minute, hour, day, month] = clock;
    let group = taiyang::group([second, minute, hour, day, month, 1, year, 0x01, 0x10], &[(1, 0.412, value)]);
    [&taiyang::GROUPS[..], &group, &taiyang::END].concat()
}

const MORNING: [u8; 6] = [26, 3, 2, 8, 30, 5];

#[test]
fn a_chinese_name_cut_in_the_middle_of_a_character_keeps_its_whole_characters() {
    // 白菜二号 is eight bytes in GBK, the field has six; with a digit before it the cut is inside of a character.
    let (name, _, _) = encoding_rs::GBK.encode("1白菜二号");
    let time = date(2026, 3, 2).at(8, 30, 5, 0);
    let sent = record(1, &LzRecord { number: 1, name: &name, time, hundredths: 812 }).unwrap();
    let reading = one("dayuan-7e", &sent);
    assert_eq!((reading.sample_id, reading.result.as_deref()), (None, Some("8.12")));
    assert_eq!(reading.flags, ["name cut", "name 1白菜"]);
}

/// A clock of two digits stands in this century: no instrument of the list was built before it.
#[test]
fn a_year_of_two_digits_is_of_this_century_at_its_turn_too() {
    for (sent, year) in [(0, 2000), (1, 2001), (26, 2026), (99, 2099)] {
        let at = |reading: Reading| reading.measured_at.map(|time| time.year());
        assert_eq!(at(one("dayuan-7e", &lz(b"26-071", [sent, 3, 2, 8, 30, 5], 812))), Some(year));
        assert_eq!(at(one("taiyang-ttnj", &ttnj([5, 30, 8, 2, 3], sent, 37.6))), Some(year));
        let bcd = sent / 10 * 16 + sent % 10;
        let record = [0x6A, 7, 0, 0x2C, 1, 2, 1, bcd, 3, 2, 8, 0x15, 0x30];
        assert_eq!(at(one("dayuan-6a", &[&record[..], SIX_A_END].concat())), Some(year));
    }
    // The 29th of February of 2000 was one; that of 2100 is none.
    assert!(one("dayuan-7e", &lz(b"26-071", [0, 2, 29, 8, 30, 5], 812)).measured_at.is_some());
    assert!(one("dayuan-7e", &lz(b"26-071", [100, 2, 29, 8, 30, 5], 812)).measured_at.is_none());
}

const SIX_A_END: &[u8] = &[0x6A, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99];

#[test]
fn a_date_of_zeros_is_no_time_and_makes_no_identity() {
    let mut light = vec![b'n', 1, 0, b'g', 7, 0];
    light.extend([0, 12, 0, 25, 0, 30, 0, 100, 0, 1, 5, 0, 0, 0, 0, 0, 0, 0, 0]);
    for (driver, bytes) in
        [("dayuan-7e", lz(b"26-071", [0; 6], 812)), ("taiyang-ttnj", ttnj([0; 5], 0, 37.6)), ("dayuan-atp", light)]
    {
        let reading = one(driver, &bytes);
        assert!(reading.result.is_some(), "{driver}: the value is kept");
        assert_eq!((reading.measured_at, reading.device_key), (None, None), "{driver}");
    }
    let vidas = |when: &str| {
        let said = format!(
            "\u{1e}mtrsl|\u{1e}ci26-071|\u{1e}rtSLM|\u{1e}tt08:35|\u{1e}td{when}|\u{1e}qlNEGATIVE|\u{1e}qn0.08|\u{1d}"
        );
        let sum = drivers::link::astm::checksum(said.as_bytes());
        one("mini-vidas", format!("\u{5}\u{2}{said}{sum:02x}\u{3}\u{4}").as_bytes())
    };
    assert_eq!(vidas("00/00/00").measured_at, None);
    assert!(vidas("03/25/26").measured_at.is_some());
}

/// What instruments write where there is no value.
#[test]
fn a_number_that_means_no_value_is_never_a_value_and_never_zero() {
    let out_of_range = [0x6A, 7, 0, 0xFF, 0xFF, 2, 4, 0x26, 3, 2, 8, 0x15, 0x30];
    let hanna =
        |said: &str| format!("\u{2}{said}{:02X}\u{3}", drivers::link::astm::checksum(said.as_bytes())).into_bytes();
    for (driver, bytes) in [
        ("dayuan-7e", lz(b"26-071", MORNING, 0x7FFE)),
        ("dayuan-7e", lz(b"26-071", MORNING, 0x7FFF)),
        ("dayuan-6a", [&out_of_range[..], SIX_A_END].concat()),
        ("taiyang-ttnj", ttnj([5, 30, 8, 2, 3], 26, f32::NAN)),
        ("taiyang-ttnj", ttnj([5, 30, 8, 2, 3], 26, f32::INFINITY)),
        ("mt-sics", b"S +\r\n".to_vec()),
        ("mt-sics", b"S -\r\n".to_vec()),
        ("and-print", b"OL,GS,+9999999 kg\r\n".to_vec()),
        ("sartorius-sbi", b"        High    \r\n".to_vec()),
        ("sartorius-sbi", b"        Low     \r\n".to_vec()),
        ("hanna-ph", hanna("0110OR+014.00E+00+0008.9+025.00")),
        ("hanna-ph", hanna("0110UR+000.00E+00+0008.9+025.00")),
    ] {
        let reading = one(driver, &bytes);
        assert_eq!(reading.number, None, "{driver}: {}", bytes.escape_ascii());
        assert!(!reading.flags.is_empty(), "{driver}: and it is said why");
    }
}

#[test]
fn an_inhibition_below_zero_keeps_its_sign() {
    assert_eq!(one("dayuan-7e", &lz(b"26-071", MORNING, -125)).result.as_deref(), Some("-1.25"));
    assert_eq!(one("dayuan-7e", &lz(b"26-071", MORNING, -5)).number, Some(-0.05));
    assert_eq!(one("taiyang-ttnj", &ttnj([5, 30, 8, 2, 3], 26, -3.5)).result.as_deref(), Some("-3.5"));
}

#[test]
fn two_equal_values_of_a_device_without_a_clock_are_both_read() {
    let weights = read("mt-sics", b"S S      12.50 g\r\nS S      12.50 g\r\n");
    assert_eq!(weights.len(), 2);
    let testers = [lz(b"26-071", [0; 6], 812), lz(b"26-071", [0; 6], 812)].concat();
    assert_eq!(read("dayuan-7e", &testers).len(), 2);
}

/// Light, in each of three frames of a run; the control is the first channel.
fn run(lights: [[u16; 2]; 3]) -> Vec<u8> {
    let frames = lights.map(|lights| {
        let cells: Vec<u8> =
            lights.iter().flat_map(|light| [light.to_le_bytes(), [0; 2], [0; 2], [0; 2]].concat()).collect();
        dayuan::frame(0x15, &cells, dayuan::SUM_7E)
    });
    frames.concat()
}

/// The inhibition needs the control of the batch, which the laboratory knows: here nothing is computed without it.
#[test]
fn without_its_control_a_photometer_tells_absorbances_and_no_inhibition() {
    let driver = by_id("dayuan-photometer").unwrap();
    let read = |bytes: Vec<u8>| driver.parse(&Message::plain(bytes, 0)).unwrap().readings;
    let missing = read(run([[50_000, 50_000], [50_000, 31_548], [50_000, 12_559]]));
    assert_eq!(missing.iter().map(|r| r.position.as_deref()).collect::<Vec<_>>(), [Some("2")]);
    assert!(missing.iter().all(|reading| reading.analyte.as_deref() == Some("DA410") && reading.absorbance.is_some()));
    let invalid = read(run([[50_000, 50_000], [31_548, 31_548], [52_000, 12_559]]));
    assert_eq!((invalid[0].result.as_deref(), invalid[0].flags.as_slice()), (None, &["channel fault".to_owned()][..]));
    assert_eq!(invalid[1].result.as_deref(), Some("0.4000"));
}
