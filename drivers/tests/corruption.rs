//! What a bad cable can do: golden frames of every driver whose frames carry a check, damaged in all ways a cable knows.
//!
//! A damaged frame may be refused or lost, never read as something else. Only where the arithmetic of the check itself
//! cannot see the damage may another message come out; a second, simple implementation of each check, here, says where
//! that is. A CRC-16 sees all of it. `QINGKE_LONG=1` damages every pair of bits, without it one pair in seven; the counts
//! it prints are those of docs/drivers/corruption.md.

use drivers::{Event, by_id};

/// How a frame is found and checked, as the makers describe it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// From STX through `end`, a sum modulo 256 as two hexadecimal digits behind it, over what follows STX.
    SumBehind {
        end: u8,
    },
    /// From STX to ETX, a sum modulo 256 of all between as the last two digits before ETX.
    SumBeforeEtx,
    /// The last byte is the sum of all before it.
    SumOfAll,
    /// 7E, command, length, data, CRC-8 or sum, end: which of them, a tester does not say.
    Dayuan,
    /// Twelve bytes of head: the eleventh is the exclusive or of the ten before it, the twelfth that of the data.
    Xor,
    Crc16,
}

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
    let upper = |bytes: &[u8]| format!("{:02X}", sum(bytes));
    let plain = |driver, check, frame| Golden { driver, check, before: b"", frame, after: b"" };
    vec![
        text(Check::SumBehind { end: 0x03 }, b"\x05", astm, upper(astm) + "\r\n", b"\x04", "astm-lis2"),
        text(Check::SumBehind { end: 0x1D }, b"\x05", vidas, format!("{:02x}\x03", sum(vidas)), b"\x04", "mini-vidas"),
        text(Check::SumBeforeEtx, b"", hanna, upper(hanna) + "\x03", b"", "hanna-ph"),
        plain("elitech-rc4", Check::SumOfAll, closed(&[0x55, 0x00, 0x2B, 0xFF, 0xFB, 0x00, 0x2C, 0x00, 0x2D])),
        plain("dayuan-7e", Check::Dayuan, dayuan(0x11, &lz, true, true, 0xAA)),
        plain("dayuan-bx1", Check::Dayuan, dayuan(0x16, &curve, false, false, 0x7E)),
        plain("dayuan-03ff", Check::Xor, xored(&[1, 0x80, 0x7B, 1, 2, 0x81, 0x10, 2])),
        plain("modbus-rtu", Check::Crc16, modbus(&[1, 3, 4, 0x00, 0x25, 0x01, 0x90])),
    ]
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |xor, byte| xor ^ byte)
}

/// Long division by x^8 + x^5 + x^4 + 1, a bit at a time.
fn crc8(bytes: &[u8]) -> u8 {
    let mut rest: u16 = 0;
    for bit in bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| (byte >> at) & 1)).chain([0; 8]) {
        rest = (rest << 1) | u16::from(bit);
        if rest & 0x100 != 0 {
            rest ^= 0x131;
        }
    }
    u8::try_from(rest).unwrap()
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
    let mut crc: u16 = 0xFFFF;
    for byte in said {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 };
        }
    }
    [said, &crc.to_le_bytes()].concat()
}

impl Check {
    /// Whether some stretch of these bytes is a frame whose check holds: then no receiver can refuse it.
    fn holds(self, bytes: &[u8]) -> bool {
        let hex =
            |at: usize| bytes.get(at..at + 2).and_then(|d| u8::from_str_radix(std::str::from_utf8(d).ok()?, 16).ok());
        let starts = |start: u8| (0..bytes.len()).filter(move |at| bytes[*at] == start);
        let next = |from: usize, end: u8| bytes[from..].iter().position(|byte| *byte == end).map(|at| from + at);
        match self {
            Self::SumBehind { end } => starts(2).any(|at| {
                // A second end byte inside is a shorter frame, and the first that ends decides.
                (at + 1..bytes.len())
                    .filter(|stop| bytes[*stop] == end || (end == 3 && bytes[*stop] == 0x17))
                    .any(|stop| hex(stop + 1) == Some(sum(&bytes[at + 1..=stop])))
            }),
            Self::SumBeforeEtx => starts(2).any(|at| {
                next(at, 3).is_some_and(|stop| stop >= at + 3 && hex(stop - 2) == Some(sum(&bytes[at + 1..stop - 2])))
            }),
            Self::SumOfAll => (0..bytes.len().saturating_sub(1)).any(|at| {
                let frame = &bytes[at..];
                frame.split_last().is_some_and(|(check, said)| *check == sum(said))
            }),
            Self::Dayuan => starts(0x7E).any(|at| {
                let Some([low, high]) = bytes.get(at + 2..at + 4).map(|len| [len[0], len[1]]) else { return false };
                [u16::from_le_bytes([low, high]), u16::from_be_bytes([low, high])].into_iter().any(|len| {
                    let stop = at + 4 + usize::from(len);
                    let Some(tail) = bytes.get(stop..stop + 2) else { return false };
                    let said = &bytes[at + 1..stop];
                    matches!(tail[1], 0x7E | 0xAA) && (tail[0] == crc8(said) || tail[0] == sum(said))
                })
            }),
            Self::Xor => starts(3).any(|at| {
                let Some(head) = bytes.get(at..at + 12) else { return false };
                let len = usize::from(u16::from_le_bytes([head[8], head[9]]));
                let data = bytes.get(at + 12..at + 12 + len);
                head[10] == xor(&head[..10]) && data.is_some_and(|data| head[11] == xor(data))
            }),
            Self::Crc16 => false,
        }
    }
}

/// The messages a receiver takes, as bytes. Drivers that keep frames without reading them take what their link takes.
fn taken(golden: &Golden, frame: &[u8]) -> Vec<Vec<u8>> {
    let driver = by_id(golden.driver).unwrap();
    let mut link = driver.link();
    let mut events: Vec<Event> = link.feed(&[golden.before, frame, golden.after].concat());
    events.extend(link.close());
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
            let twice = frame.get(at).copied().unwrap_or(0x55);
            [0x00, 0xFF, 0x7F, b'1', twice].into_iter().map(move |byte| {
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

#[test]
fn nothing_is_taken_that_its_check_could_have_refused() {
    let long = std::env::var_os("QINGKE_LONG").is_some();
    for golden in golden() {
        let bench = Bench::new(&golden);
        let kinds = [
            ("flipped pairs", bench.pairs(if long { 1 } else { 7 })),
            ("drops", bench.drops()),
            ("inserts", bench.inserts()),
            ("swaps", bench.swaps()),
        ];
        for (kind, Tally { made, wrong }) in kinds {
            println!("{} | {kind} | {made} | {wrong}", golden.driver);
            assert!(golden.check != Check::Crc16 || wrong == 0, "{}: {wrong} {kind}", golden.driver);
        }
    }
}
