//! What a bad cable can do: golden frames of every driver whose frames carry a check, damaged in all ways a cable knows.
//!
//! A damaged frame may be refused or lost, never read as something else. Only where the arithmetic of the check itself
//! cannot see the damage may another message come out; a second, simple implementation of each check, here, says where
//! that is. A CRC-16 sees all of it. `QINGKE_LONG=1` damages every pair of bits, without it one pair in seven. What it
//! counts stands in docs/drivers/corruption.md and on the page of each driver.

mod checks;

use std::fmt;
use std::path::Path;

use checks::{Check, crc8, crc16, sum, xor};
use drivers::{Event, Kind, by_id};

struct Golden {
    driver: &'static str,
    check: Check,
    /// Right bytes around the frame, which are not damaged.
    before: &'static [u8],
    frame: Vec<u8>,
    after: &'static [u8],
}

fn golden() -> Vec<Golden> {
    let text = |check, before, said: &[u8], digits: String, after: &'static [u8], driver| Golden {
        driver,
        check,
        before,
        frame: [b"\x02", said, digits.as_bytes()].concat(),
        after,
    };
    let astm = b"1H|\\^&|||X\rO|1|26-071||^^^AFB1\rR|1|^^^AFB1|0.35|ug/kg||||F\rL|1|N\r\x03";
    let vidas = b"\x1emtrsl|\x1eci26-071|\x1ertSLM|\x1ett08:35|\x1etd03/02/26|\x1eqlNEGATIVE|\x1eqn0.08|\x1d";
    let hanna = b"0110RR+006.85E+00+0008.9+025.00";
    let lz = [1, 0, 0, 0, 1, 0, b'2', b'6', b'-', b'0', b'1', b'7', 26, 3, 2, 8, 30, 5, 0x2C, 0x03];
    let curve: Vec<u8> = (0u16..20).flat_map(|point| (13_000 + point * 37).to_le_bytes()).collect();
    let lights: Vec<u8> = [50_000u16, 0, 0, 0, 49_900, 0, 0, 0].iter().flat_map(|light| light.to_le_bytes()).collect();
    let upper = |bytes: &[u8]| format!("{:02X}", sum(bytes));
    let plain = |driver, check, frame| Golden { driver, check, before: b"", frame, after: b"" };
    vec![
        text(Check::SumBehind { end: 0x03 }, b"\x05", astm, upper(astm) + "\r\n", b"\x04", "astm-lis2"),
        text(Check::SumBehind { end: 0x1D }, b"\x05", vidas, format!("{:02x}\x03", sum(vidas)), b"\x04", "mini-vidas"),
        text(Check::SumBeforeEtx, b"", hanna, upper(hanna) + "\x03", b"", "hanna-ph"),
        plain("elitech-rc4", Check::SumOfAll, closed(&[0x55, 0x00, 0x2B, 0xFF, 0xFB, 0x00, 0x2C, 0x00, 0x2D])),
        plain("dayuan-7e", Check::Dayuan, dayuan(0x11, &lz, true, true, 0xAA)),
        plain("dayuan-bx1", Check::Dayuan, dayuan(0x16, &curve, false, false, 0x7E)),
        plain("dayuan-photometer", Check::Dayuan, dayuan(0x15, &lights, false, true, 0x7E)),
        plain("dayuan-03ff", Check::Xor, xored(&[1, 0x80, 0x7B, 1, 2, 0x81, 0x10, 2])),
        plain("modbus-rtu", Check::Crc16, modbus(&[1, 3, 4, 0x00, 0x25, 0x01, 0x90])),
    ]
}

fn closed(said: &[u8]) -> Vec<u8> {
    [said, &[sum(said)]].concat()
}

fn dayuan(command: u8, data: &[u8], crc: bool, low_first: bool, end: u8) -> Vec<u8> {
    let len = u16::try_from(data.len()).unwrap();
    let len = if low_first { len.to_le_bytes() } else { len.to_be_bytes() };
    let said = [&[command], &len[..], data].concat();
    let check = if crc { crc8(&said) } else { sum(&said) };
    [&[0x7E], &said[..], &[check, end]].concat()
}

fn xored(data: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x03, 0xFE, 0x45, 0, 0, 0, 0, 0];
    frame.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
    frame.extend([xor(&frame), xor(data)]);
    frame.extend(data);
    frame
}

fn modbus(said: &[u8]) -> Vec<u8> {
    [said, &crc16(said).to_le_bytes()].concat()
}

/// The messages a receiver takes, as bytes. Drivers that keep frames without reading them take what their link takes.
fn taken(golden: &Golden, frame: &[u8]) -> Vec<Vec<u8>> {
    let driver = by_id(golden.driver).unwrap();
    let mut link = driver.link();
    let mut events: Vec<Event> = link.feed(&[golden.before, frame, golden.after].concat());
    events.extend(link.close());
    // A module's message is a run of minutes: what it takes of them is its frames.
    if golden.driver == "dayuan-photometer" {
        return events.into_iter().filter(|event| event.kind == Kind::Frame).map(|event| event.wire).collect();
    }
    let reads = !matches!(golden.driver, "modbus-rtu" | "dayuan-03ff");
    let messages = events.into_iter().filter_map(|event| event.message);
    let messages = messages.filter(|message| !reads || driver.parse(message).is_ok()).map(|message| message.bytes);
    // The digits of this check stand in the message; a small letter in the place of a capital one is no other sum.
    messages.map(|bytes| if golden.driver == "hanna-ph" { bytes.to_ascii_uppercase() } else { bytes }).collect()
}

/// How many kinds of damage were made, and how often another message came out.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    made: usize,
    wrong: usize,
}

struct Bench<'g> {
    golden: &'g Golden,
    right: Vec<Vec<u8>>,
}

impl<'g> Bench<'g> {
    fn new(golden: &'g Golden) -> Self {
        let right = taken(golden, &golden.frame);
        assert!(!right.is_empty(), "{}: the golden frame is not taken", golden.driver);
        assert!(golden.check.holds(&golden.frame) || golden.check == Check::Crc16, "{}", golden.driver);
        Self { golden, right }
    }

    fn all(&self, damaged: impl Iterator<Item = Vec<u8>>) -> Tally {
        let mut tally = Tally::default();
        for frame in damaged.filter(|frame| *frame != self.golden.frame) {
            tally.made += 1;
            if taken(self.golden, &frame).iter().any(|message| !self.right.contains(message)) {
                tally.wrong += 1;
                let name = self.golden.driver;
                assert!(self.golden.check.holds(&frame), "{name}: taken against its check: {}", frame.escape_ascii());
            }
        }
        tally
    }

    fn flips(&self) -> Tally {
        self.all((0..self.golden.frame.len() * 8).map(|bit| flipped(&self.golden.frame, &[bit])))
    }

    fn pairs(&self, every: usize) -> Tally {
        let bits = self.golden.frame.len() * 8;
        let pairs = (0..bits).flat_map(move |first| (first + 1..bits).map(move |second| [first, second]));
        self.all(pairs.step_by(every).map(|pair| flipped(&self.golden.frame, &pair)))
    }

    fn drops(&self) -> Tally {
        self.all((0..self.golden.frame.len()).map(|at| {
            let mut frame = self.golden.frame.clone();
            frame.remove(at);
            frame
        }))
    }

    fn inserts(&self) -> Tally {
        let frame = &self.golden.frame;
        self.all((0..=frame.len()).flat_map(|at| {
            (0..=u8::MAX).map(move |byte| {
                let mut frame = frame.clone();
                frame.insert(at, byte);
                frame
            })
        }))
    }

    fn swaps(&self) -> Tally {
        self.all((1..self.golden.frame.len()).map(|at| {
            let mut frame = self.golden.frame.clone();
            frame.swap(at - 1, at);
            frame
        }))
    }

    fn truncations(&self) -> Tally {
        self.all((0..self.golden.frame.len()).map(|len| self.golden.frame[..len].to_vec()))
    }
}

fn flipped(frame: &[u8], bits: &[usize]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    for bit in bits {
        frame[bit / 8] ^= 1 << (bit % 8);
    }
    frame
}

#[test]
fn one_wrong_bit_never_makes_another_message() {
    for golden in golden() {
        assert_eq!(Bench::new(&golden).flips().wrong, 0, "{}", golden.driver);
    }
}

#[test]
fn a_frame_cut_short_is_never_a_message() {
    for golden in golden() {
        assert_eq!(Bench::new(&golden).truncations().wrong, 0, "{}", golden.driver);
    }
}

/// `6,627 of 161,028`, as the documents say it.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grouped = |n: usize| if n < 1000 { n.to_string() } else { format!("{},{:03}", n / 1000, n % 1000) };
        write!(f, "{} of {}", grouped(self.wrong), grouped(self.made))
    }
}

#[test]
fn nothing_is_taken_that_its_check_could_have_refused_and_the_documents_say_what_is() {
    let long = std::env::var_os("QINGKE_LONG").is_some();
    let page = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/drivers/{name}.md"));
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let mut unsaid = Vec::new();
    for golden in golden() {
        let (bench, name) = (Bench::new(&golden), golden.driver);
        let kinds = [
            ("two bits", bench.pairs(if long { 1 } else { 7 })),
            ("a byte dropped", bench.drops()),
            ("a byte inserted", bench.inserts()),
            ("neighbours exchanged", bench.swaps()),
        ];
        assert!(golden.check != Check::Crc16 || kinds.iter().all(|(_, tally)| tally.wrong == 0), "{name}: {kinds:?}");
        // In the short form two bits were not counted.
        let counted: Vec<String> =
            kinds.iter().skip(usize::from(!long)).map(|(kind, tally)| format!("{kind} {tally}")).collect();
        let cells: Vec<String> = kinds.iter().skip(usize::from(!long)).map(|(_, tally)| tally.to_string()).collect();
        if !page(name).replace('\n', " ").contains(&counted.join(", ")) {
            unsaid.push(format!("docs/drivers/{name}.md: {}", counted.join(", ")));
        }
        let overview = page("corruption");
        let row = overview.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap_or_default();
        if !row.contains(&cells.join(" | ")) {
            unsaid.push(format!("docs/drivers/corruption.md: | `{name}` | {}", cells.join(" | ")));
        }
    }
    assert!(unsaid.is_empty(), "the documents do not say:\n{}", unsaid.join("\n"));
}
