//! What a host says to an analyser in LIS02-A2 records: the answer to its query and orders (sections 8 and 10).

use super::{Delimiters, Text};
use crate::contract::{Order, Stamp};

/// The delimiters of the standard's own examples (5.4.1), which every analyser reads.
const USUAL: Delimiters = Delimiters { field: '|', repeat: '\\', component: '^', escape: '&' };

const OURSELVES: &str = "Qingke";

/// What the O records are for (field 26).
const ORDER: &str = "O";
const ANSWER: &str = "Q";

/// The answer to a message with a query (Q record), or `None` if it has none. Written with the delimiters of the
/// query; its sender is addressed by the name it gave. Without orders, `L|1|I` says that there is nothing to do.
pub fn orders(query: &Text<'_>, orders: &[Order], stamp: &Stamp<'_>) -> Option<Vec<u8>> {
    query.records().find(|record| matches!(record.kind(), "Q" | "q"))?;
    let head = query.records().next()?;
    let version = match head.field(13).trim() {
        "" => "LIS2-A2",
        version => version,
    };
    let page = Page { delimiters: query.delimiters, receiver: head.field(5), version };
    let end = if orders.is_empty() { "I" } else { "F" };
    Some(page.write(orders, ANSWER, end, stamp))
}

/// Orders for an analyser that takes them unasked.
pub fn order_message(orders: &[Order], stamp: &Stamp<'_>) -> Vec<u8> {
    Page { delimiters: USUAL, receiver: "", version: "LIS2-A2" }.write(orders, ORDER, "N", stamp)
}

/// How a message of ours is written, and to whom.
struct Page<'t> {
    delimiters: Delimiters,
    /// As the receiver wrote its own name, delimiters included.
    receiver: &'t str,
    version: &'t str,
}

impl Page<'_> {
    fn write(&self, orders: &[Order], purpose: &str, end: &str, stamp: &Stamp<'_>) -> Vec<u8> {
        let d = self.delimiters;
        let time = stamp.now.strftime("%Y%m%d%H%M%S").to_string();
        let marks: String = [d.repeat, d.component, d.escape].into_iter().collect();
        let mut out = String::new();
        self.row(
            &mut out,
            &[
                (2, &marks),
                (3, stamp.id),
                (5, OURSELVES),
                (10, self.receiver),
                (12, "P"),
                (13, self.version),
                (14, &time),
            ],
            "H",
        );
        for (n, order) in (1..).zip(orders) {
            let n = n.to_string();
            let sample = self.escaped(order.sample_id.as_deref().unwrap_or_default());
            let tests: Vec<String> = order.tests.iter().map(|test| self.test(test)).collect();
            let tests = tests.join(&d.repeat.to_string());
            let priority = order.priority.as_deref().unwrap_or("R");
            let action = order.action.as_deref().unwrap_or("N");
            self.row(&mut out, &[(2, &n)], "P");
            self.row(
                &mut out,
                &[(2, "1"), (3, &sample), (5, &tests), (6, priority), (7, &time), (12, action), (26, purpose)],
                "O",
            );
        }
        self.row(&mut out, &[(2, "1"), (3, end)], "L");
        out.into_bytes()
    }

    /// A record with these fields, by their numbers and in order; those between are empty.
    fn row(&self, out: &mut String, fields: &[(usize, &str)], kind: &str) {
        out.push_str(kind);
        let mut at = 1;
        for (number, text) in fields {
            while at < *number {
                out.push(self.delimiters.field);
                at += 1;
            }
            out.push_str(text);
        }
        out.push('\r');
    }

    /// The fourth component of a universal test identity is the maker's own code (6.6.1).
    fn test(&self, code: &str) -> String {
        let c = self.delimiters.component;
        format!("{c}{c}{c}{}", self.escaped(code))
    }

    /// Text of ours in which no delimiter is taken for one (5.4.3), and no line end for the end of a record.
    fn escaped(&self, text: &str) -> String {
        let d = self.delimiters;
        let mut out = String::with_capacity(text.len());
        for c in text.chars().filter(|c| !c.is_control()) {
            let name = match c {
                c if c == d.field => 'F',
                c if c == d.component => 'S',
                c if c == d.repeat => 'R',
                c if c == d.escape => 'E',
                c => {
                    out.push(c);
                    continue;
                }
            };
            out.extend([d.escape, name, d.escape]);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::contract::Message;
    use crate::format::lis02::read;

    fn stamp(id: &str) -> Stamp<'_> {
        Stamp { now: date(2026, 3, 2).at(9, 15, 2, 0), id }
    }

    fn order(sample: &str, tests: &[&str]) -> Order {
        let tests = tests.iter().map(|test| (*test).to_owned()).collect();
        Order { sample_id: Some(sample.to_owned()), tests, ..Order::default() }
    }

    fn said(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).replace('\r', "\n")
    }

    #[test]
    fn a_query_is_answered_with_the_open_orders_of_the_sample() {
        let query =
            read(b"H|\\^&|||XP-100^00-05|||||||P|E1394-97|20260302\rQ|1|^  QK1||ALL||||||||O\rL|1|N\r").unwrap();
        let answer = orders(&query, &[order("  QK1", &["AFM1", "CAP"])], &stamp("7")).unwrap();
        let expected = "H|\\^&|7||Qingke|||||XP-100^00-05||P|E1394-97|20260302091502\nP|1\n\
                        O|1|  QK1||^^^AFM1\\^^^CAP|R|20260302091502|||||N||||||||||||||Q\nL|1|F\n";
        assert_eq!(said(&answer), expected);
    }

    #[test]
    fn a_sample_without_orders_is_answered_that_there_is_nothing_to_do() {
        let query = read(b"H|@^\\|x||GX||||||||1|2026\rQ|1|@S\rL|1\r").unwrap();
        let answer = said(&orders(&query, &[], &stamp("8")).unwrap());
        assert!(answer.starts_with("H|@^\\|8||Qingke|||||GX||P|1|"), "{answer}");
        assert!(answer.ends_with("\nL|1|I\n"), "{answer}");
    }

    #[test]
    fn a_message_that_asks_for_nothing_has_no_answer() {
        let results = read(b"H|\\^&\rP|1\rO|1|S\rR|1|^^^A|1\rL|1|N\r").unwrap();
        assert_eq!(orders(&results, &[], &stamp("1")), None);
    }

    #[test]
    fn orders_are_read_back_as_they_were_written_whatever_the_codes_hold() {
        let written = order_message(&[order("A|1^\\&", &["AFB1", "2,4-D", "a^b"]), order("B", &["X"])], &stamp("9"));
        let profile = crate::by_id("astm-lis2").unwrap();
        let decoded = profile.parse(&Message::plain(written, 0)).unwrap();
        let read: Vec<_> =
            decoded.orders.iter().map(|order| (order.sample_id.as_deref(), order.tests.join(" "))).collect();
        assert_eq!(read, [(Some("A|1^\\&"), "AFB1 2,4-D a^b".to_owned()), (Some("B"), "X".to_owned())]);
    }
}
