//! XML as a row of elements and texts, for formats that are read once from beginning to end.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::contract::Fault;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Start(Element),
    /// What stood between the tags, references resolved, not trimmed.
    Text(String),
    End(String),
}

/// Names are without their namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// An attribute that is not empty.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let value = self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        value.map(str::trim).filter(|value| !value.is_empty())
    }
}

/// Gives every node of `text` to `visit` until the end or the first place that is no XML; that is counted in the text, not in
/// the bytes it was read from ([`super::encodings::place`]).
pub fn walk(text: &str, mut visit: impl FnMut(Node)) -> Result<(), Fault> {
    let mut reader = Reader::from_str(text);
    let mut between = String::new();
    loop {
        let event = reader.read_event().map_err(|error| Fault::Bytes {
            offset: usize::try_from(reader.error_position()).unwrap_or(usize::MAX),
            expected: "well-formed XML",
            found: error.to_string(),
        })?;
        match event {
            Event::Text(part) => between.push_str(&part),
            Event::CData(part) => between.push_str(&part),
            Event::GeneralRef(name) => between.push_str(&reference(&name)),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Start(tag) => {
                tell(&mut between, &mut visit);
                visit(Node::Start(element(&tag)));
            }
            Event::Empty(tag) => {
                tell(&mut between, &mut visit);
                let element = element(&tag);
                let name = element.name.clone();
                visit(Node::Start(element));
                visit(Node::End(name));
            }
            Event::End(tag) => {
                tell(&mut between, &mut visit);
                visit(Node::End(local(tag.name().as_ref())));
            }
            Event::Eof => return Ok(()),
        }
    }
}

fn tell(between: &mut String, visit: &mut impl FnMut(Node)) {
    if !between.is_empty() {
        visit(Node::Text(std::mem::take(between)));
    }
}

fn local(name: &str) -> String {
    name.rsplit_once(':').map_or(name, |(_, local)| local).to_owned()
}

fn element(tag: &BytesStart<'_>) -> Element {
    let mut found = tag.attributes();
    let pairs = found.with_checks(false).flatten();
    let attributes = pairs.map(|pair| (local(pair.key.as_ref()), unescaped(&pair.value))).collect();
    Element { name: local(tag.name().as_ref()), attributes }
}

fn unescaped(value: &str) -> String {
    let mut parts = value.split('&');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(';') {
            Some((name, rest)) => text.extend([reference(name).as_str(), rest]),
            None => text.extend(["&", part]),
        }
    }
    text
}

/// What `&name;` stands for; a reference nobody declared is kept as it was written.
fn reference(name: &str) -> String {
    let number = name.strip_prefix('#').and_then(|digits| match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    });
    match name {
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "amp" => "&".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        _ => number.and_then(char::from_u32).map_or_else(|| format!("&{name};"), String::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(text: &str) -> (Vec<String>, Result<(), Fault>) {
        let mut seen = Vec::new();
        let end = walk(text, |node| {
            seen.push(match node {
                Node::Start(element) => format!("<{} {:?}", element.name, element.attribute("v")),
                Node::Text(text) => text,
                Node::End(name) => format!(">{name}"),
            });
        });
        (seen, end)
    }

    #[test]
    fn texts_are_whole_and_references_resolved() {
        let (seen, end) = nodes("<?xml version=\"1.0\"?><m:a v=\"1 &lt; 2\"><!-- x -->p &amp; &#x7B; <b v=' '/></m:a>");
        assert_eq!(seen, ["<a Some(\"1 < 2\")", "p & { ", "<b None", ">b", ">a"]);
        assert_eq!(end, Ok(()));
    }

    #[test]
    fn a_torn_file_says_where() {
        let (seen, end) = nodes("<a>text</b>");
        assert_eq!(seen.first().map(String::as_str), Some("<a None"));
        assert!(matches!(end, Err(Fault::Bytes { expected: "well-formed XML", .. })), "{end:?}");
    }
}
