//! Recorded conversations: what an instrument and a host said to each other, in a text a chemist can read.
//!
//! `# ` begins a remark (the first says where the recording is from), `@ 1.250` says that what follows was heard that
//! many seconds after the start, `< ` is from the instrument, `> ` from us. Bytes that do not print stand in angle
//! brackets: by name (`<STX>`), or as `<0x1F>`; a literal `<` is `<0x3C>`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conversation {
    pub items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Text of one line.
    Remark(String),
    /// Time since the start of the recording, exact to a millisecond.
    At(Duration),
    Said(Side, Vec<u8>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Instrument,
    Host,
}

/// A line that is none of the notation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected {expected}, found '{found}'")]
pub struct Unreadable {
    pub line: usize,
    pub expected: &'static str,
    pub found: String,
}

impl Conversation {
    /// All that the instrument said, joined.
    pub fn heard(&self) -> Vec<u8> {
        self.items
            .iter()
            .filter_map(|item| match item {
                Item::Said(Side::Instrument, bytes) => Some(bytes.as_slice()),
                _ => None,
            })
            .collect::<Vec<_>>()
            .concat()
    }
}

impl FromStr for Conversation {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let mut items = Vec::new();
        for (index, row) in text.split('\n').enumerate() {
            let row = row.strip_suffix('\r').unwrap_or(row);
            let fault = |expected| Unreadable { line: index + 1, expected, found: row.to_owned() };
            let (mark, rest) = match row.split_at_checked(2) {
                Some((mark, rest)) => (mark, rest),
                None => (row, ""),
            };
            items.push(match mark.trim_end() {
                "" if rest.trim().is_empty() => continue,
                "#" => Item::Remark(rest.to_owned()),
                "@" => Item::At(seconds(rest).ok_or_else(|| fault("seconds, as 1.250"))?),
                "<" => Item::Said(Side::Instrument, unescape(rest).map_err(fault)?),
                ">" => Item::Said(Side::Host, unescape(rest).map_err(fault)?),
                _ => return Err(fault("a line that begins with '# ', '@ ', '< ' or '> '")),
            });
        }
        Ok(Self { items })
    }
}

impl fmt::Display for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.iter().try_for_each(|item| writeln!(f, "{item}"))
    }
}

/// One line of the notation, without its end: `capture` writes them as they come.
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remark(text) => write!(f, "# {text}"),
            Self::At(time) => write!(f, "@ {}.{:03}", time.as_secs(), time.subsec_millis()),
            Self::Said(Side::Instrument, bytes) => write!(f, "< {}", escape(bytes)),
            Self::Said(Side::Host, bytes) => write!(f, "> {}", escape(bytes)),
        }
    }
}

fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.trim().split_once('.')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    if fraction.len() != 3 {
        return None;
    }
    Some(Duration::from_secs(digits(whole)?) + Duration::from_millis(digits(fraction)?))
}

const NAMES: [&str; 33] = [
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI", "DLE",
    "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US", "SP",
];

/// Text of other alphabets is written as it is where it prints; a blank at the end has a name, as editors cut it off.
fn escape(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '<' => out.push_str("<0x3C>"),
                ' '..='~' => out.push(character),
                letter if letter.is_alphanumeric() => out.push(letter),
                other => other.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| out.push_str(&name(byte))),
            }
        }
        chunk.invalid().iter().for_each(|byte| out.push_str(&name(*byte)));
    }
    match out.strip_suffix(' ') {
        Some(rest) => format!("{rest}<SP>"),
        None => out,
    }
}

fn name(byte: u8) -> String {
    match (byte, NAMES.get(usize::from(byte))) {
        (0x7F, _) => "<DEL>".to_owned(),
        (_, Some(name)) => format!("<{name}>"),
        (_, None) => format!("<0x{byte:02X}>"),
    }
}

fn unescape(text: &str) -> Result<Vec<u8>, &'static str> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        bytes.extend_from_slice(before.as_bytes());
        let (name, after) = after.split_once('>').ok_or("'>' after the name of a byte")?;
        bytes.push(named(name).ok_or("the name of a control character, or 0x and two digits")?);
        rest = after;
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

fn named(name: &str) -> Option<u8> {
    if let Some(digits) = name.strip_prefix("0x") {
        let hex = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        return hex.then(|| u8::from_str_radix(digits, 16).ok()).flatten();
    }
    if name == "DEL" {
        return Some(0x7F);
    }
    NAMES.iter().position(|known| *known == name).and_then(|at| u8::try_from(at).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_reads_as_it_was_said() {
        let text = "# origin: bench\n@ 0.250\n< <ENQ>\n> <ACK>\n< <STX>1样品 a<0x3C>b<SP>\n< <0xFF>\n";
        let read: Conversation = text.parse().unwrap();
        assert_eq!(read.heard(), [b"\x05\x021".as_slice(), "样品".as_bytes(), b" a<b \xFF"].concat());
        assert_eq!(read.to_string(), text);
    }

    #[test]
    fn what_is_not_in_the_notation_is_refused_with_its_line() {
        for (text, line) in [("< ok\nhello", 2), ("< <FOO>", 1), ("< <STX", 1), ("@ soon", 1), ("\n\n<<ENQ>", 3)] {
            assert_eq!(text.parse::<Conversation>().unwrap_err().line, line, "{text}");
        }
    }
}
