//! The language a person reads: every sentence comes from `locales/<language>/<group>.ftl` (Project Fluent), compiled in.

use std::borrow::Borrow;
use std::convert::Infallible;
use std::fmt::Display;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rocket::Request;
use rocket::request::{FromRequest, Outcome};
use unic_langid::LanguageIdentifier;

use super::clock::Clock;
use super::display::{Chip, Stamp, Tone};

/// The languages a page can be read in. The first is the one we assume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    Zh,
    En,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// The BCP 47 tag, also the name of the folder under `locales/`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.tag() == tag)
    }

    /// The best of an `Accept-Language` header (RFC 9110, 12.5.4).
    fn accepted(header: &str) -> Option<Self> {
        let mut wishes: Vec<(f32, Self)> = header
            .split(',')
            .filter_map(|wish| {
                let (tag, weight) = wish.split_once(";q=").unwrap_or((wish, "1"));
                let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
                let lang = match primary.as_str() {
                    "zh" => Self::Zh,
                    "en" => Self::En,
                    _ => return None,
                };
                Some((weight.trim().parse::<f32>().ok()?, lang))
            })
            .collect();
        wishes.sort_by(|a, b| b.0.total_cmp(&a.0));
        wishes.into_iter().find(|(weight, _)| *weight > 0.0).map(|(_, lang)| lang)
    }

    fn bundle(self) -> &'static Bundle {
        match self {
            Self::Zh => &ZH,
            Self::En => &EN,
        }
    }
}

type Bundle = FluentBundle<FluentResource>;

/// The groups of sentences, one file a group and language; a new file is one line here.
macro_rules! groups {
    ($lang:literal) => {
        groups!(@ $lang,
            "admin",
            "agents",
            "analyses",
            "common",
            "errors",
            "lines",
            "login",
            "profiles",
            "publications",
            "qc",
            "samples",
            "setup",
        )
    };
    (@ $lang:literal, $($group:literal,)+) => {
        &[$(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/locales/", $lang, "/", $group, ".ftl"))),+]
    };
}

const ZH_TEXTS: &[&str] = groups!("zh-CN");
const EN_TEXTS: &[&str] = groups!("en");
static ZH: LazyLock<Bundle> = LazyLock::new(|| bundle(Lang::Zh, ZH_TEXTS));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle(Lang::En, EN_TEXTS));

/// The texts are compiled in and a test parses every one of them, so what is wrong here is only logged.
fn bundle(lang: Lang, texts: &[&str]) -> Bundle {
    let tag: LanguageIdentifier = lang.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Isolation marks (U+2068, U+2069) would be copied with a code or a number into other programs.
    bundle.set_use_isolating(false);
    for text in texts {
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(resource, faults)| {
            tracing::error!(lang = lang.tag(), ?faults, "locale file does not parse");
            resource
        });
        if let Err(faults) = bundle.add_resource(resource) {
            tracing::error!(lang = lang.tag(), ?faults, "locale key given twice");
        }
    }
    bundle
}

/// A sentence still without a language: what a handler says and a page translates.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Message {
    pub key: String,
    pub args: Vec<(String, String)>,
}

impl Message {
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), args: Vec::new() }
    }

    /// With one named value in the sentence.
    pub fn with(mut self, name: &str, value: impl Display) -> Self {
        self.args.push((name.to_owned(), value.to_string()));
        self
    }
}

impl From<&str> for Message {
    fn from(key: &str) -> Self {
        Self::new(key)
    }
}

/// Who reads: language, time zone of the laboratory, and the instant at which the page was asked for.
#[derive(Debug, Clone)]
pub struct Locale {
    pub lang: Lang,
    pub zone: TimeZone,
    pub now: Timestamp,
}

impl Locale {
    /// The same reader at another moment.
    pub fn at(&self, now: Timestamp) -> Self {
        Self { now, ..self.clone() }
    }

    pub const COOKIE: &'static str = "lang";

    /// The reader of a request: the `lang` cookie, then `Accept-Language`, then Chinese.
    pub fn of(request: &Request<'_>) -> Self {
        let clock = request.rocket().state::<Clock>().cloned().unwrap_or_default();
        let chosen = request.cookies().get(Self::COOKIE).and_then(|cookie| Lang::of_tag(cookie.value()));
        let lang = chosen
            .or_else(|| request.headers().get_one("Accept-Language").and_then(Lang::accepted))
            .unwrap_or(Lang::Zh);
        Self { lang, zone: clock.zone(), now: clock.now() }
    }

    fn say_with(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let bundle = self.lang.bundle();
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return format!("⟦{key}⟧");
        };
        bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned()
    }

    /// The sentence of a key; an unknown key shows itself as `⟦key⟧`.
    pub fn t(&self, key: &str) -> String {
        self.say_with(key, None)
    }

    /// A sentence with one value in it, digits as given.
    pub fn t1(&self, key: &str, name: &str, value: impl Display) -> String {
        self.args(key, &[(name, &value)])
    }

    /// A sentence with two values in it.
    pub fn t2(&self, key: &str, name: &str, value: impl Display, name2: &str, value2: impl Display) -> String {
        self.args(key, &[(name, &value), (name2, &value2)])
    }

    /// A sentence with several values in it.
    pub fn args(&self, key: &str, values: &[(&str, &dyn Display)]) -> String {
        let args: FluentArgs<'_> =
            values.iter().map(|(name, value)| (*name, FluentValue::from(value.to_string()))).collect();
        self.say_with(key, Some(&args))
    }

    /// A sentence that counts: `{ $n }`, with the plural forms of the language.
    pub fn n(&self, key: &str, count: impl Display) -> String {
        let count = count.to_string();
        let mut args = FluentArgs::new();
        args.set("n", FluentValue::try_number(&count));
        self.say_with(key, Some(&args))
    }

    /// The word for one of a closed list: `l.name("role", "technician")` is the key `role-technician`.
    pub fn name(&self, list: &str, word: impl Display) -> String {
        self.t(&format!("{list}-{word}"))
    }

    /// Of a name kept in both languages, the one to show; Chinese where there is no English.
    pub fn pick(&self, zh: &str, en: &str) -> String {
        match self.lang {
            Lang::En if !en.is_empty() => en.to_owned(),
            _ => zh.to_owned(),
        }
    }

    pub fn say(&self, message: &Message) -> String {
        let args: FluentArgs<'_> =
            message.args.iter().map(|(name, value)| (name.as_str(), FluentValue::from(value.as_str()))).collect();
        self.say_with(&message.key, Some(&args))
    }

    /// `2026-11-24 14:05` in the laboratory's zone, the zone on hover.
    pub fn time(&self, at: impl Borrow<Timestamp>) -> Stamp {
        Stamp::exact(self, *at.borrow())
    }

    /// "3 分钟前", the exact time on hover.
    pub fn ago(&self, at: impl Borrow<Timestamp>) -> Stamp {
        Stamp::relative(self, *at.borrow())
    }

    /// The day of an instant in the laboratory's zone, `2026-11-24`.
    pub fn day(&self, at: impl Borrow<Timestamp>) -> String {
        at.borrow().to_zoned_datetime(self.zone.clone()).date().to_string()
    }

    /// A state in a word, a shape and a colour.
    pub fn chip(&self, tone: Tone, key: &str) -> Chip {
        Chip::new(tone, self.t(key))
    }

    /// The languages to switch to: tag and own name.
    pub fn others(&self) -> Vec<(&'static str, String)> {
        let rest = Lang::ALL.into_iter().filter(|lang| *lang != self.lang);
        rest.map(|lang| (lang.tag(), Self { lang, ..self.clone() }.t("language-name"))).collect()
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Locale {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn reader(lang: Lang) -> Locale {
        Locale { lang, zone: TimeZone::UTC, now: Timestamp::UNIX_EPOCH }
    }

    /// Every key with the names of its variables.
    fn keys(texts: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in texts.iter().flat_map(|text| text.lines()) {
            if line.starts_with(|c: char| c.is_ascii_lowercase())
                && let Some((key, _)) = line.split_once(" =")
            {
                current = key.to_owned();
                assert!(keys.insert(current.clone(), BTreeSet::new()).is_none(), "{current} is given twice");
            }
            for piece in line.split('$').skip(1) {
                let name: String = piece.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
                keys.entry(current.clone()).or_default().insert(name);
            }
        }
        keys
    }

    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() { files(&entry, found) } else { found.push(entry) }
        }
    }

    #[test]
    fn both_languages_say_the_same_things() {
        assert_eq!(keys(ZH_TEXTS), keys(EN_TEXTS));
    }

    #[test]
    fn every_locale_file_parses_and_is_compiled_in() {
        for (lang, texts) in [(Lang::Zh, ZH_TEXTS), (Lang::En, EN_TEXTS)] {
            for text in texts {
                let parsed = FluentResource::try_new((*text).to_owned());
                assert!(parsed.is_ok(), "{}: {:?}", lang.tag(), parsed.err().map(|(_, faults)| faults));
            }
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(lang.tag());
            assert_eq!(fs::read_dir(folder).unwrap().count(), texts.len(), "{}", lang.tag());
        }
    }

    #[test]
    fn every_key_that_a_page_names_exists() {
        let known = keys(ZH_TEXTS);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        files(&root.join("templates"), &mut found);
        files(&root.join("src/web"), &mut found);
        let mut missing = Vec::new();
        for file in found.iter().filter(|file| !file.ends_with("web/locale.rs")) {
            let text = fs::read_to_string(file).unwrap();
            for call in
                [".t(\"", ".t1(\"", ".t2(\"", ".n(\"", ".args(\"", "Message::new(\"", ", key=\"", "label=\"", "hint=\""]
            {
                for piece in text.split(call).skip(1) {
                    let key = piece.split('"').next().unwrap_or_default();
                    let ours = key.starts_with(|c: char| c.is_ascii_lowercase()) && !key.contains(['{', ' ', '/']);
                    if ours && !known.contains_key(key) {
                        missing.push(format!("{}: {key}", file.display()));
                    }
                }
            }
        }
        assert_eq!(missing, Vec::<String>::new());
    }

    #[test]
    fn every_role_has_a_name_in_every_language() {
        for lang in Lang::ALL {
            for role in crate::lab::people::Role::ALL {
                assert!(!reader(lang).name("role", role).contains('⟦'), "{role}");
            }
        }
    }

    #[test]
    fn an_unknown_key_shows_itself() {
        assert_eq!(reader(Lang::Zh).t("no-such-key"), "⟦no-such-key⟧");
    }

    #[test]
    fn a_browser_is_answered_in_the_language_it_asks_for() {
        for (header, lang) in [
            ("en-GB,en;q=0.9,zh;q=0.8", Some(Lang::En)),
            ("zh-TW,zh;q=0.9,en;q=0.8", Some(Lang::Zh)),
            ("fr, en;q=0.3, zh;q=0.7", Some(Lang::Zh)),
            ("en;q=0, zh;q=0.1", Some(Lang::Zh)),
            ("fr", None),
            (";;q=,", None),
        ] {
            assert_eq!(Lang::accepted(header), lang, "{header}");
        }
    }

    #[test]
    fn a_value_in_a_sentence_keeps_its_digits_and_brings_no_marks() {
        let said = reader(Lang::En).say(&Message::new("error-wait").with("seconds", "030"));
        assert!(said.contains("030"), "{said}");
        assert!(!said.contains('\u{2068}'), "{said}");
    }
}
