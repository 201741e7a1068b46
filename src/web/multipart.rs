//! A posted form with files in it: `multipart/form-data` (RFC 7578), read into fields; a file becomes its bytes.

/// One part of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    pub name: String,
    /// It is a file, even where none was chosen; its name is of no interest.
    pub is_file: bool,
    pub bytes: &'a [u8],
}

/// A limit on what stands before a part's content.
const LONGEST_HEAD: usize = 4096;

/// The parts of a body, in order; `None`: it is not what its boundary says.
pub fn parts<'a>(body: &'a [u8], boundary: &str) -> Option<Vec<Part<'a>>> {
    let opening = format!("--{boundary}");
    let closing = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(opening.as_bytes())?;
    let mut found = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(found);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let head = find(rest.get(..rest.len().min(LONGEST_HEAD))?, b"\r\n\r\n")?;
        let (head, content) = (rest.get(..head)?, rest.get(head + 4..)?);
        let end = find(content, closing.as_bytes())?;
        let (name, is_file) = disposition(std::str::from_utf8(head).ok()?)?;
        found.push(Part { name, is_file, bytes: content.get(..end)? });
        rest = content.get(end + closing.len()..)?;
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// The name of a part, and whether it is a file.
fn disposition(head: &str) -> Option<(String, bool)> {
    let line = head.split("\r\n").find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let named = |key: &str| {
        let value = line.split(';').map(str::trim).find_map(|piece| piece.strip_prefix(key))?;
        Some(value.trim_matches('"').to_owned())
    };
    Some((named("name=")?, named("filename=").or_else(|| named("filename*=")).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"--xYz\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nt\r\n--xYz\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a;b.bin\"\r\nContent-Type: application/octet-stream\r\n\
        \r\n\x02\r\n--x\xff\r\n--xYz\r\nContent-Disposition: form-data; name=\"none\"; filename=\"\"\r\n\r\n\r\n--xYz--\r\n";

    #[test]
    fn fields_and_files_are_read_byte_for_byte() {
        let read = parts(BODY, "xYz").unwrap();
        let shown: Vec<(&str, bool, &[u8])> =
            read.iter().map(|part| (part.name.as_str(), part.is_file, part.bytes)).collect();
        let expected: [(&str, bool, &[u8]); 3] =
            [("csrf", false, b"t"), ("file", true, b"\x02\r\n--x\xff"), ("none", true, b"")];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_body_cut_anywhere_is_refused() {
        for end in 0..BODY.len() - 4 {
            assert_eq!(parts(&BODY[..end], "xYz"), None, "{end}");
        }
        assert_eq!(parts(BODY, "other"), None);
        assert_eq!(parts(b"--xYz--", "xYz"), Some(Vec::new()));
    }
}
