//! What a host says to an instrument in HL7 v2: acknowledgements, answers to queries, orders. Chapters 2.9, 5 and 4 of
//! the standard; the answer to a Mindray query (DSR^Q03) after that maker's host interface manuals as public drivers
//! cite them, the one to a Cepheid query (RSP^Z02) likewise.

use jiff::civil::DateTime;

use super::{Delimiters, Segment, Text, read};
use crate::contract::Order;

/// What the acknowledgement of a message is, to be written once the message is kept; empty where none is due: for an
/// acknowledgement itself, where the sender wants none, and for a query whose answer is its acknowledgement.
///
/// In the enhanced mode (MSH-15) `CA` says just what is true: the message is committed to safe storage. The original
/// mode knows only `AA`. There is no clock here: MSH-7 repeats the time of the message that is acknowledged.
pub fn acknowledgement(message: &[u8]) -> Vec<u8> {
    let Ok(text) = read(message) else { return Vec::new() };
    let Some(head) = text.head() else { return Vec::new() };
    let wants = |field: &str| matches!(field, "AL" | "SU");
    let code = match (head.field(15), head.field(16)) {
        (accept, _) if wants(accept) => "CA",
        ("NE" | "ER", application) if !wants(application) => return Vec::new(),
        _ => "AA",
    };
    let reply = Reply::to(&text, head);
    if text.segments().any(|segment| segment.name() == "MSA") || (code == "AA" && reply.kind == "QBP") {
        return Vec::new();
    }
    let mut out = String::new();
    let control = head.field(10);
    if code == "AA" && reply.kind == "QRY" {
        reply.header(&mut out, head.field(7), &["QCK", reply.trigger], control);
        reply.row(&mut out, &["MSA", code, control]);
        reply.row(&mut out, &["QAK", "SR", "OK"]);
    } else {
        // HL7 v2.5 7.3.4: unsolicited point-of-care results have an acknowledgement of their own.
        let trigger = if matches!(reply.trigger, "R30" | "R31" | "R32") { "R33" } else { reply.trigger };
        let kind: &[&str] = if reply.structured { &["ACK", trigger, "ACK"] } else { &["ACK", trigger] };
        reply.header(&mut out, head.field(7), kind, control);
        reply.row(&mut out, &["MSA", code, control]);
    }
    out.into_bytes()
}

/// The answer to a host query: the orders that are open for the sample it names, or that there are none. `None` if
/// `query` is no query of a kind that is known. `control_id` is ours and new for each message.
pub fn orders(query: &[u8], orders: &[Order], now: DateTime, control_id: &str) -> Option<Vec<u8>> {
    let text = read(query).ok()?;
    let head = text.head()?;
    let reply = Reply::to(&text, head);
    let mut out = String::new();
    let found = if orders.is_empty() { "NF" } else { "OK" };
    match reply.kind {
        "QBP" => {
            let asked = text.segments().find(|segment| segment.name() == "QPD")?;
            let trigger = reply.response_trigger();
            let structure = format!("RSP_{trigger}");
            let kind: &[&str] = if reply.structured { &["RSP", &trigger, &structure] } else { &["RSP", &trigger] };
            reply.header(&mut out, &stamp(now), kind, control_id);
            reply.row(&mut out, &["MSA", "AA", head.field(10)]);
            reply.row(&mut out, &["QAK", asked.field(2), found]);
            reply.repeated(&mut out, asked);
            reply.ordered(&mut out, orders);
        }
        "QRY" => {
            let asked = text.segments().find(|segment| segment.name() == "QRD")?;
            reply.header(&mut out, &stamp(now), &["DSR", "Q03"], control_id);
            reply.row(&mut out, &["MSA", "AA", head.field(10)]);
            reply.row(&mut out, &["ERR", "0"]);
            reply.row(&mut out, &["QAK", "SR", found]);
            text.segments().filter(|s| matches!(s.name(), "QRD" | "QRF")).for_each(|s| reply.repeated(&mut out, s));
            for order in orders {
                reply.displayed(&mut out, order, asked);
            }
            reply.row(&mut out, &["DSC"]);
        }
        _ => return None,
    }
    Some(out.into_bytes())
}

/// Orders for an instrument that takes them unasked (ORM^O01). `to` is the application and the facility of MSH-5 and 6.
pub fn order_message(orders: &[Order], to: (&str, &str), now: DateTime, control_id: &str) -> Vec<u8> {
    let reply = Reply {
        delimiters: USUAL,
        to: (to.0, to.1),
        from: (OURSELVES, ""),
        kind: "",
        trigger: "",
        structured: false,
        processing: "P",
        version: "2.3.1",
    };
    let mut out = String::new();
    reply.header(&mut out, &stamp(now), &["ORM", "O01"], control_id);
    reply.ordered(&mut out, orders);
    out.into_bytes()
}

/// The acknowledgement that a message is: the control id of the message of ours it is for, and whether that was taken;
/// if not, the reason given (MSA-3) or the code. `None`: it is none.
pub fn acknowledged(message: &[u8]) -> Option<(String, Result<(), String>)> {
    let text = read(message).ok()?;
    let msa = text.segments().find(|segment| segment.name() == "MSA")?;
    let code = msa.field(1).trim();
    let taken = match (code, msa.field(3).trim()) {
        ("AA" | "CA", _) => Ok(()),
        (code, "") => Err(code.to_owned()),
        (code, reason) => Err(format!("{code} {reason}")),
    };
    Some((msa.field(2).trim().to_owned(), taken))
}

/// The control id of a message (MSH-10), and whether its receiver is to acknowledge it: orders are, answers to queries
/// are not.
pub fn control(message: &[u8]) -> Option<(String, bool)> {
    let text = read(message).ok()?;
    let head = text.head()?;
    let kind = text.delimiters.components(head.field(9)).next().unwrap_or_default();
    Some((head.field(10).trim().to_owned(), !matches!(kind, "RSP" | "DSR")))
}

const OURSELVES: &str = "Qingke";

const USUAL: Delimiters = Delimiters { field: '|', component: '^', repeat: '~', escape: Some('\\'), sub: Some('&') };

/// Lines of a DSR answer that hold facts about the sample; tests follow from the next number on.
const LINES: usize = 28;
const BARCODE: usize = 21;
const SAMPLE: usize = 22;
const URGENT: usize = 24;

fn stamp(now: DateTime) -> String {
    now.strftime("%Y%m%d%H%M%S").to_string()
}

/// From whom a message came, and how it is written: what is sent back is written the same way.
struct Reply<'t> {
    delimiters: Delimiters,
    to: (&'t str, &'t str),
    from: (&'t str, &'t str),
    kind: &'t str,
    trigger: &'t str,
    /// The type names its structure too (version 2.3.1 and later, not everywhere).
    structured: bool,
    processing: &'t str,
    version: &'t str,
}

impl<'t> Reply<'t> {
    fn to(text: &'t Text, head: Segment<'t>) -> Self {
        let mut kind = text.delimiters.components(head.field(9));
        Self {
            delimiters: text.delimiters,
            to: (head.field(3), head.field(4)),
            from: (head.field(5), head.field(6)),
            kind: kind.next().unwrap_or_default(),
            trigger: kind.next().unwrap_or_default(),
            structured: kind.next().is_some(),
            processing: head.field(11),
            version: head.field(12),
        }
    }

    /// HL7 v2.5 5.9: the answer to Qnn is Knn. Cepheid's two queries share one answer.
    fn response_trigger(&self) -> String {
        match self.trigger {
            "Z01" | "Z03" => "Z02".to_owned(),
            trigger => trigger.replacen('Q', "K", 1),
        }
    }

    fn header(&self, out: &mut String, time: &str, kind: &[&str], control: &str) {
        let d = self.delimiters;
        let marks: String = [Some(d.component), Some(d.repeat), d.escape, d.sub].into_iter().flatten().collect();
        let kind = kind.join(&d.component.to_string());
        let (from, to) = (self.from, self.to);
        self.row(
            out,
            &["MSH", &marks, from.0, from.1, to.0, to.1, time, "", &kind, control, self.processing, self.version],
        );
    }

    /// The segment as it was received.
    fn repeated(&self, out: &mut String, segment: Segment<'_>) {
        out.push_str(&segment.row.text);
        out.push('\r');
    }

    fn row(&self, out: &mut String, cells: &[&str]) {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                out.push(self.delimiters.field);
            }
            out.push_str(cell);
        }
        out.push('\r');
    }

    fn ordered(&self, out: &mut String, orders: &[Order]) {
        for order in orders {
            let sample = self.escaped(order.sample_id.as_deref().unwrap_or_default());
            let action = match order.action.as_deref() {
                None | Some("A") => "NW",
                Some("C") => "CA",
                Some(action) => action,
            };
            for (at, test) in order.tests.iter().enumerate() {
                let (number, test) = ((at + 1).to_string(), self.escaped(test));
                let priority = order.priority.as_deref().unwrap_or("R");
                self.row(out, &["ORC", action, &sample]);
                self.row(out, &["OBR", &number, &sample, "", &test, priority]);
            }
        }
    }

    /// An order as numbered lines for a display.
    fn displayed(&self, out: &mut String, order: &Order, asked: Segment<'_>) {
        let sample = self.escaped(order.sample_id.as_deref().unwrap_or_default());
        for line in 1..=LINES {
            let said = match line {
                BARCODE => asked.field(8),
                SAMPLE => sample.as_str(),
                URGENT if order.priority.as_deref() == Some("S") => "Y",
                URGENT => "N",
                _ => "",
            };
            self.row(out, &["DSP", &line.to_string(), "", said, "", ""]);
        }
        for (at, test) in order.tests.iter().enumerate() {
            let c = self.delimiters.component;
            let test = format!("{}{c}{c}{c}", self.escaped(test));
            self.row(out, &["DSP", &(LINES + 1 + at).to_string(), "", &test, "", ""]);
        }
    }

    /// Text of ours in which no delimiter is taken for one, and no line end for the end of a segment.
    fn escaped(&self, text: &str) -> String {
        let d = self.delimiters;
        let name = |c: char| match c {
            c if c == d.field => Some('F'),
            c if c == d.component => Some('S'),
            c if c == d.repeat => Some('R'),
            c if Some(c) == d.sub => Some('T'),
            c if Some(c) == d.escape => Some('E'),
            _ => None,
        };
        let mut out = String::with_capacity(text.len());
        for c in text.chars().filter(|c| !c.is_control()) {
            match (name(c), d.escape) {
                (Some(name), Some(escape)) => out.extend([escape, name, escape]),
                (Some(_), None) => {}
                (None, _) => out.push(c),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn said(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).replace('\r', "\n")
    }

    fn order(sample: &str, tests: &[&str]) -> Order {
        let tests = tests.iter().map(|test| (*test).to_owned()).collect();
        Order { sample_id: Some(sample.to_owned()), tests, ..Order::default() }
    }

    const RESULT: &str = "MSH|^~\\&|BS|LAB|LIS|ST|20260302091500||ORU^R01|77|P|2.3.1||||0\rOBX|1|NM|GLU||5.1\r";

    #[test]
    fn an_acknowledgement_goes_back_the_way_the_message_came() {
        let expected = "MSH|^~\\&|LIS|ST|BS|LAB|20260302091500||ACK^R01|77|P|2.3.1\nMSA|AA|77\n";
        assert_eq!(said(&acknowledgement(RESULT.as_bytes())), expected);
    }

    #[test]
    fn the_enhanced_mode_is_told_that_the_message_is_committed() {
        for (modes, code) in [("AL|NE", "MSA|CA|77\n"), ("NE|AL", "MSA|AA|77\n"), ("NE|NE", "")] {
            let message = RESULT.replace("||||0", &format!("|||{modes}"));
            assert!(said(&acknowledgement(message.as_bytes())).ends_with(code), "{modes}");
        }
        assert!(acknowledgement(RESULT.replace("||||0", "|||NE|NE").as_bytes()).is_empty());
    }

    #[test]
    fn an_acknowledgement_is_not_acknowledged() {
        assert!(acknowledgement(b"MSH|^~\\&|A|B|C|D|20260302091500||ACK^O01|5|P|2.3.1\rMSA|AA|9\r").is_empty());
        assert!(acknowledgement(b"no header").is_empty());
    }

    #[test]
    fn a_query_is_answered_with_the_open_orders() {
        let query = b"MSH|^~\\&|ICU^GX^1||LIS||20260302091500||QBP^Z03^QBP_Z03|q1|P|2.5\rQPD|Z03^HOST QUERY|q1||S-1\r";
        let now = date(2026, 3, 2).at(9, 15, 2, 0);
        let answer = orders(query, &[order("S-1", &["AFB1", "A|B"])], now, "r1").unwrap();
        let expected = "MSH|^~\\&|LIS||ICU^GX^1||20260302091502||RSP^Z02^RSP_Z02|r1|P|2.5\nMSA|AA|q1\nQAK|q1|OK\n\
                        QPD|Z03^HOST QUERY|q1||S-1\nORC|NW|S-1\nOBR|1|S-1||AFB1|R\nORC|NW|S-1\nOBR|2|S-1||A\\F\\B|R\n";
        assert_eq!(said(&answer), expected);
        assert!(said(&orders(query, &[], now, "r2").unwrap()).contains("QAK|q1|NF\n"));
        assert!(acknowledgement(query).is_empty());
    }

    #[test]
    fn a_display_query_is_acknowledged_and_then_answered_with_lines() {
        let query =
            b"MSH|^~\\&|BS|LAB|||20260302091500||QRY^Q02|7|P|2.3.1\rQRD|20260302091500|R|D|1|||RD|S-1|OTH|||T|\r";
        assert!(said(&acknowledgement(query)).ends_with("MSA|AA|7\nQAK|SR|OK\n"));
        let answer = orders(query, &[order("S-1", &["5"])], date(2026, 3, 2).at(9, 15, 2, 0), "8").unwrap();
        let lines = said(&answer);
        assert!(lines.contains("\nDSP|21||S-1||\n") && lines.contains("\nDSP|29||5^^^||\n"), "{lines}");
    }

    #[test]
    fn orders_are_read_back_as_they_were_written() {
        let written = order_message(&[order("S-1", &["AFB1"])], ("BS", "LAB"), date(2026, 3, 2).at(9, 0, 0, 0), "1");
        let text = read(&written).unwrap();
        let names: Vec<&str> = text.segments().map(|segment| segment.name()).collect();
        assert_eq!(names, ["MSH", "ORC", "OBR"]);
        assert_eq!(text.segments().nth(2).unwrap().field(4), "AFB1");
    }

    #[test]
    fn an_order_is_taken_back_in_the_words_of_hl7() {
        let cancel = Order { action: Some("C".to_owned()), ..order("S-1", &["5"]) };
        let written = said(&order_message(&[cancel], ("", ""), date(2026, 3, 2).at(9, 0, 0, 0), "1"));
        assert!(written.contains("\nORC|CA|S-1\n"), "{written}");
    }

    #[test]
    fn an_acknowledgement_says_which_message_and_why_not() {
        let ack = |msa: &str| format!("MSH|^~\\&|A|B|C|D|20260302091500||ACK^O01|5|P|2.3.1\r{msa}\r").into_bytes();
        assert_eq!(acknowledged(&ack("MSA|AA|9")), Some(("9".to_owned(), Ok(()))));
        let refused = Err("AE unknown test".to_owned());
        assert_eq!(acknowledged(&ack("MSA|AE|9|unknown test")), Some(("9".to_owned(), refused)));
        assert_eq!(acknowledged(&ack("MSA|AR|9")), Some(("9".to_owned(), Err("AR".to_owned()))));
        assert_eq!(acknowledged(RESULT.as_bytes()), None);
    }

    #[test]
    fn what_is_no_query_has_no_answer() {
        assert_eq!(orders(RESULT.as_bytes(), &[], date(2026, 3, 2).at(9, 0, 0, 0), "1"), None);
    }
}
