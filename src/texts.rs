//! Every word the public reads, in every language: Fluent files under `config/messages/<language>/`, embedded.
//!
//! A language is a folder; its own name and direction are the texts `lang-name` and `lang-dir`. A text that is
//! missing in one language is an error at the start, never a page in two languages.

use crate::routing::ids::Word;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub use fluent_bundle::FluentValue as Value;

/// Served when nothing better is known; the language every text is written in first.
const HOUSE: &str = "en";
/// Entries of an `Accept-Language` header that are looked at; browsers send fewer than ten.
const ACCEPT_MAX: usize = 20;

#[derive(RustEmbed)]
#[folder = "config/messages/"]
struct Files;

/// All languages, the house language first, then by tag.
pub struct Texts {
    languages: Vec<Text>,
}

/// The texts of one language.
pub struct Text {
    /// BCP-47, for the `lang` attribute.
    pub code: String,
    /// In its own words, for the language picker.
    pub name: String,
    /// `ltr` or `rtl`, for the `dir` attribute.
    pub dir: &'static str,
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// Every embedded file of every language; or everything that is wrong with them.
    pub fn load() -> Result<Texts, Vec<String>> {
        let files = Files::iter().filter(|path| path.ends_with(".ftl")).filter_map(|path| {
            let bytes = Files::get(&path)?.data;
            Some((path.into_owned(), String::from_utf8_lossy(&bytes).into_owned()))
        });
        Texts::from_files(files)
    }

    /// From `<language>/<name>.ftl` and its content.
    pub fn from_files(files: impl IntoIterator<Item = (String, String)>) -> Result<Texts, Vec<String>> {
        let mut sources: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for (path, source) in files {
            let language = path.split('/').next().unwrap_or_default().to_owned();
            sources.entry(language).or_default().push((path, source));
        }
        let mut problems = compare(&sources);
        let mut languages = Vec::new();
        for (code, files) in sources {
            match Text::new(code, files) {
                Ok(text) => languages.push(text),
                Err(mut found) => problems.append(&mut found),
            }
        }
        languages.sort_by_key(|text| text.code != HOUSE); // stable: the others stay by tag
        if languages.first().is_none_or(|text| text.code != HOUSE) {
            problems.push(format!("no texts in the house language `{HOUSE}`"));
        }
        if problems.is_empty() { Ok(Texts { languages }) } else { Err(problems) }
    }

    /// In this language, or the house language when it is not one of ours.
    pub fn get(&self, language: &str) -> &Text {
        self.matching(language).unwrap_or(&self.languages[0])
    }

    /// As the person asked (`?lang=`), else as their browser prefers (RFC 9110 §12.5.4), else the house language.
    pub fn choose(&self, asked: Option<&str>, accept_language: Option<&str>) -> &Text {
        asked
            .and_then(|tag| self.matching(tag))
            .or_else(|| preferences(accept_language?).into_iter().find_map(|tag| self.matching(tag)))
            .unwrap_or(&self.languages[0])
    }

    /// Keep only these, in this order; the house language stays whatever the list says.
    pub fn only(mut self, codes: &[Word]) -> Texts {
        let place = |text: &Text| codes.iter().position(|code| code.as_str() == text.code);
        self.languages.retain(|text| text.code == HOUSE || place(text).is_some());
        self.languages.sort_by_key(|text| (text.code != HOUSE, place(text)));
        self
    }

    pub fn all(&self) -> &[Text] {
        &self.languages
    }

    /// The language we have for a tag: the same one, the right script of Chinese, or the same primary language.
    pub fn matching(&self, tag: &str) -> Option<&Text> {
        let exact = self.languages.iter().find(|text| text.code.eq_ignore_ascii_case(tag));
        exact.or_else(|| {
            let tag = tag.to_ascii_lowercase();
            let mut parts = tag.split(['-', '_']);
            let wanted = match parts.next()? {
                "zh" if parts.any(|part| matches!(part, "hant" | "tw" | "hk" | "mo")) => "zh-hant",
                "yue" => "zh-hant", // spoken differently, written so in Portland's Cantonese community
                "zh" | "cmn" => "zh-hans",
                primary => primary,
            };
            self.languages.iter().find(|text| text.code.to_ascii_lowercase() == wanted)
        })
    }
}

impl Text {
    fn new(code: String, files: Vec<(String, String)>) -> Result<Text, Vec<String>> {
        let tag = code.parse().map_err(|_| vec![format!("`{code}` is not a language tag")])?;
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        let mut problems = Vec::new();
        for (path, source) in files {
            let resource = FluentResource::try_new(source).unwrap_or_else(|(resource, errors)| {
                problems.extend(errors.iter().map(|error| format!("{path}: {error}")));
                resource
            });
            if let Err(errors) = bundle.add_resource(resource) {
                problems.extend(errors.iter().map(|error| format!("{path}: {error}")));
            }
        }
        let mut text = Text { code, name: String::new(), dir: "ltr", bundle };
        text.name = text.text("lang-name");
        if text.text("lang-dir") == "rtl" {
            text.dir = "rtl";
        }
        // Marks around inserted values keep an English name in an Arabic sentence in order; elsewhere they are noise.
        text.bundle.set_use_isolating(text.dir == "rtl");
        if problems.is_empty() { Ok(text) } else { Err(problems) }
    }

    /// A text without values.
    pub fn text(&self, key: &str) -> String {
        self.say(key, &[])
    }

    /// A text with values in it, for example `say("place", &[("place", 3.into())])`.
    pub fn say(&self, key: &str, values: &[(&str, Value<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!(key, language = self.code, "no such text");
            return key.to_owned();
        };
        let values: FluentArgs = values.iter().map(|(name, value)| (*name, value.clone())).collect();
        let mut errors = Vec::new();
        let said = self.bundle.format_pattern(pattern, Some(&values), &mut errors);
        if !errors.is_empty() {
            tracing::error!(key, language = self.code, "text lacks a value");
        }
        Cow::into_owned(said)
    }

    pub fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }
}

/// The tags of an `Accept-Language` header, best first; those with `q=0` are refused and left out.
fn preferences(header: &str) -> Vec<&str> {
    let mut tags: Vec<(u16, &str)> = header
        .split(',')
        .take(ACCEPT_MAX)
        .filter_map(|entry| {
            let (tag, parameters) = entry.split_once(';').unwrap_or((entry, ""));
            let q = match parameters.trim().strip_prefix("q=") {
                Some(q) => (q.trim().parse::<f32>().ok()?.clamp(0.0, 1.0) * 1000.0) as u16,
                None => 1000,
            };
            (q > 0).then_some((q, tag.trim()))
        })
        .collect();
    tags.sort_by_key(|(q, _)| std::cmp::Reverse(*q)); // stable: equal ones keep their order
    tags.into_iter().map(|(_, tag)| tag).collect()
}

/// Each language's keys and the values each text uses, against those of the house language.
fn compare(sources: &BTreeMap<String, Vec<(String, String)>>) -> Vec<String> {
    let keys: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = sources
        .iter()
        .map(|(language, files)| (language.as_str(), files.iter().flat_map(|(_, s)| keys(s)).collect()))
        .collect();
    let every: BTreeSet<&str> = keys.values().flat_map(|texts| texts.keys().copied()).collect();
    let house = keys.get(HOUSE);
    let mut problems = Vec::new();
    for (language, texts) in &keys {
        for key in &every {
            match (texts.get(key), house.and_then(|texts| texts.get(key))) {
                (None, _) => problems.push(format!("`{key}` has no text in `{language}`")),
                (Some(here), Some(there)) if here != there => {
                    problems.push(format!("`{key}` in `{language}` uses the values {here:?}, in `{HOUSE}` {there:?}"))
                }
                _ => {}
            }
        }
    }
    problems
}

/// The keys of one file with the values (`$name`) each text uses.
fn keys(source: &str) -> Vec<(&str, BTreeSet<&str>)> {
    let mut found: Vec<(&str, BTreeSet<&str>)> = Vec::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(|c: char| c.is_ascii_alphabetic())
            && let Some((key, _)) = line.split_once('=')
        {
            found.push((key.trim(), BTreeSet::new()));
        }
        if let Some((_, values)) = found.last_mut() {
            let name_end = |rest: &str| rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
            values.extend(line.split('$').skip(1).map(|rest| &rest[..name_end(rest).unwrap_or(rest.len())]));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(files: &[(&str, &str)]) -> Result<Texts, Vec<String>> {
        Texts::from_files(files.iter().map(|(path, source)| (path.to_string(), source.to_string())))
    }

    const EN: (&str, &str) = ("en/a.ftl", "lang-name = English\nlang-dir = ltr\nhello = Hello, { $name }!\n");
    const AR: (&str, &str) = ("ar/a.ftl", "lang-name = العربية\nlang-dir = rtl\nhello = مرحبا { $name }\n");

    #[test]
    fn the_shipped_texts_are_complete() {
        let texts = Texts::load().unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
        assert_eq!(texts.all()[0].code, "en");
        assert_eq!(texts.get("ar").dir, "rtl");
    }

    #[test]
    fn a_missing_text_is_named_with_its_language() {
        let es = ("es/a.ftl", "lang-name = Español\nlang-dir = ltr\n");
        assert_eq!(texts(&[EN, es]).err().unwrap(), ["`hello` has no text in `es`"]);
        let other = ("es/a.ftl", "lang-name = Español\nlang-dir = ltr\nhello = Hola, { $nombre }\n");
        assert_eq!(
            texts(&[EN, other]).err().unwrap(),
            [r#"`hello` in `es` uses the values {"nombre"}, in `en` {"name"}"#]
        );
        assert!(texts(&[AR]).err().unwrap()[0].contains("house language"));
        let broken = ("en/b.ftl", "half =\n= nothing\n");
        assert!(texts(&[EN, broken]).is_err());
    }

    #[test]
    fn values_are_put_in_and_kept_apart_where_the_script_runs_the_other_way() {
        let texts = texts(&[EN, AR]).unwrap();
        assert_eq!(texts.get("en").say("hello", &[("name", "Ana".into())]), "Hello, Ana!");
        assert_eq!(texts.get("ar").say("hello", &[("name", "Ana".into())]), "مرحبا \u{2068}Ana\u{2069}");
        assert_eq!(texts.get("tlh").code, "en", "unknown languages are answered in the house language");
    }

    #[test]
    fn the_language_is_as_asked_then_as_preferred() {
        let texts = Texts::load().unwrap();
        let choose = |asked, accept| texts.choose(asked, accept).code.as_str();
        assert_eq!(choose(Some("es"), Some("ru")), "es");
        assert_eq!(choose(Some("xx"), Some("ru")), "ru");
        assert_eq!(choose(None, Some("tlh, vi;q=0.5, uk;q=0.8")), "uk");
        assert_eq!(choose(None, Some("ru;q=0, *;q=0.5")), "en");
        assert_eq!(choose(None, Some("es-MX,es;q=0.9,en;q=0.8")), "es");
        assert_eq!(choose(None, Some("zh-TW,zh;q=0.9")), "zh-Hant");
        assert_eq!(choose(None, Some("zh-Hant-HK")), "zh-Hant");
        assert_eq!(choose(None, Some("zh-CN")), "zh-Hans");
        assert_eq!(choose(Some("yue"), None), "zh-Hant");
        assert_eq!(choose(None, None), "en");
        assert_eq!(choose(None, Some(";;;,q=,=;q=x")), "en");
    }
}
