//! Which characters the bytes are: instruments do not say, so the bytes must.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text and the name of its encoding. Never fails: what is neither UTF nor Chinese is read as Western European,
/// where every byte is a character.
pub fn read(bytes: &[u8]) -> (String, &'static str) {
    let encoding = of(bytes);
    (decode(bytes, encoding).into_owned(), name(encoding))
}

/// Text of `bytes` in `encoding`, without a byte order mark.
pub fn decode<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
    encoding.decode_with_bom_removal(bytes).0
}

/// The name contracts use.
pub fn name(encoding: &'static Encoding) -> &'static str {
    if encoding == UTF_8 {
        "utf-8"
    } else if encoding == UTF_16LE {
        "utf-16le"
    } else if encoding == UTF_16BE {
        "utf-16be"
    } else if encoding == GB18030 {
        "gb18030"
    } else {
        "windows-1252"
    }
}

/// Where in `bytes` the character stands that is at `offset` of their text, as [`read`] gave it. A text has another length
/// than its bytes: a byte order mark is left out, and characters are written otherwise.
pub fn place(bytes: &[u8], text: &str, offset: usize) -> usize {
    let boundary = (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let before = text.get(..boundary).unwrap_or_default();
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or_else(|| (of(bytes), 0));
    let len = match encoding {
        one if one == UTF_8 => before.len(),
        one if one == GB18030 => GB18030.encode(before).0.len(),
        one if one == WINDOWS_1252 => before.chars().count(),
        _ => before.encode_utf16().count().saturating_mul(2),
    };
    mark.saturating_add(len).min(bytes.len())
}

/// The encoding these bytes are in: a byte order mark, else valid UTF-8, else Chinese if they hold a character of
/// GB 2312 and are valid GB 18030, else Western European.
pub fn of(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    if holds_gb2312(bytes) && !GB18030.decode_without_bom_handling(bytes).1 {
        return GB18030;
    }
    WINDOWS_1252
}

/// Whether some character of the two-byte set stands among the bytes, walked as GBK is. A lone high byte before an
/// ASCII letter (`\xB5g`, a micro sign) is not one.
fn holds_gb2312(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((lead, after)) = rest.split_first() {
        rest = match (lead, after.split_first()) {
            (0xA1..=0xF7, Some((0xA1..=0xFE, _))) => return true,
            (0x81..=0xFE, Some((0x40..=0x7E | 0x80..=0xFE, after))) => after,
            _ => after,
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_text_is_one_in_the_bytes() {
        let low: Vec<u8> = "\u{feff}牛奶<".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let gbk = GB18030.encode("牛奶<").0.into_owned();
        let cases: [&[u8]; 5] = [&low, &gbk, "牛奶<".as_bytes(), "\u{feff}牛奶<".as_bytes(), b"\xB5\xB5<"];
        for bytes in cases {
            let (text, encoding) = read(bytes);
            let at = place(bytes, &text, text.find('<').unwrap());
            assert_eq!(bytes.get(at), Some(&b'<'), "{encoding}");
            assert_eq!(place(bytes, &text, usize::MAX), bytes.len(), "{encoding}");
        }
    }

    #[test]
    fn the_bytes_say_what_they_are() {
        let gbk = GB18030.encode("牛奶 0.05 mg/kg").0.into_owned();
        let cases: [(&[u8], &str, &str); 6] = [
            (b"milk", "milk", "utf-8"),
            ("牛奶".as_bytes(), "牛奶", "utf-8"),
            (&gbk, "牛奶 0.05 mg/kg", "gb18030"),
            (b"0.05 \xB5g/kg", "0.05 µg/kg", "windows-1252"),
            (b"\xFF\xFEm\0i\0", "mi", "utf-16le"),
            (b"\xEF\xBB\xBFmilk", "milk", "utf-8"),
        ];
        for (bytes, text, name) in cases {
            assert_eq!(read(bytes), (text.to_owned(), name));
        }
    }
}
