//! Small parts of pages that are made in Rust and safe to put into HTML: times and state chips.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;

use super::locale::Locale;

/// A time: what is shown, and on hover the exact civil time with its zone.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/time.html")]
pub struct Stamp {
    instant: String,
    exact: String,
    shown: String,
}

impl HtmlSafe for Stamp {}

impl Stamp {
    pub(super) fn exact(l: &Locale, at: Timestamp) -> Self {
        let zoned = at.to_zoned_datetime(l.zone.clone());
        let name = l.zone.iana_name().unwrap_or("UTC");
        Self {
            instant: at.to_string(),
            exact: format!("{} {name}", zoned.strftime("%Y-%m-%d %H:%M:%S (UTC%:z)")),
            shown: zoned.strftime("%Y-%m-%d %H:%M").to_string(),
        }
    }

    pub(super) fn relative(l: &Locale, at: Timestamp) -> Self {
        let seconds = at.duration_until(l.now).as_secs();
        let shown = match seconds {
            ..-59 => return Self::exact(l, at),
            -59..10 => l.t("time-just-now"),
            10..60 => l.n("time-seconds-ago", seconds),
            60..3_600 => l.n("time-minutes-ago", seconds / 60),
            3_600..86_400 => l.n("time-hours-ago", seconds / 3_600),
            86_400..2_592_000 => l.n("time-days-ago", seconds / 86_400),
            _ => return Self::exact(l, at),
        };
        Self { shown, ..Self::exact(l, at) }
    }
}

/// A picture drawn by `chart`, whose texts are escaped there.
#[derive(Debug, Clone)]
pub struct Picture(pub String);

impl std::fmt::Display for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Picture {}

/// What a state means to the reader. Colour never stands alone: each tone has its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// In order: passed, approved, communicating.
    Good,
    /// Someone has to look.
    Warn,
    /// Failed, rejected, broken.
    Bad,
    /// A state without judgement: ordered, in storage.
    Plain,
    /// Under way now.
    Active,
    /// Void, withdrawn, replaced.
    Gone,
}

impl Tone {
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Plain => "plain",
            Self::Active => "active",
            Self::Gone => "gone",
        }
    }

    pub const fn shape(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warn => "!",
            Self::Bad => "✕",
            Self::Plain => "○",
            Self::Active => "●",
            Self::Gone => "–",
        }
    }
}

/// A word with its shape and colour.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/chip.html")]
pub struct Chip {
    tone: Tone,
    word: String,
}

impl HtmlSafe for Chip {}

impl Chip {
    pub fn new(tone: Tone, word: impl Into<String>) -> Self {
        Self { tone, word: word.into() }
    }
}

/// The page before one, for a list's links.
pub fn before<T: Copy + From<u8> + std::ops::Sub<Output = T>>(page: &T) -> T {
    *page - T::from(1)
}

/// The page after one.
pub fn after<T: Copy + From<u8> + std::ops::Add<Output = T>>(page: &T) -> T {
    *page + T::from(1)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::web::locale::Lang;

    fn reader(now: &str) -> Locale {
        Locale { lang: Lang::En, zone: TimeZone::get("Asia/Shanghai").unwrap(), now: now.parse().unwrap() }
    }

    #[test]
    fn an_instant_is_shown_in_the_laboratorys_zone_and_says_so() {
        let html =
            reader("2026-11-24T06:05:09Z").time("2026-11-24T06:05:09.123Z".parse::<Timestamp>().unwrap()).to_string();
        assert!(html.contains(">2026-11-24 14:05</time>"), "{html}");
        assert!(html.contains("2026-11-24 14:05:09 (UTC+08:00) Asia/Shanghai"), "{html}");
    }

    #[test]
    fn a_moment_ago_is_said_in_words_and_a_far_day_as_a_date() {
        let at: Timestamp = "2026-11-24T06:00:00Z".parse().unwrap();
        for (now, shown) in [
            ("2026-11-24T06:00:03Z", "just now"),
            ("2026-11-24T06:00:42Z", "42 seconds ago"),
            ("2026-11-24T06:01:10Z", "1 minute ago"),
            ("2026-11-24T08:10:00Z", "2 hours ago"),
            ("2026-11-27T08:10:00Z", "3 days ago"),
            ("2027-03-01T08:10:00Z", "2026-11-24 14:00"),
            ("2026-11-24T05:00:00Z", "2026-11-24 14:00"),
        ] {
            let html = reader(now).ago(at).to_string();
            assert!(html.contains(&format!(">{shown}</time>")), "{now}: {html}");
        }
    }

    #[test]
    fn a_chip_cannot_carry_markup() {
        let html = Chip::new(Tone::Bad, "<b>").to_string();
        assert!(!html.contains("<b>"), "{html}");
        assert!(html.contains('✕'), "{html}");
    }
}
