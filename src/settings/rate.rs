//! `[rates]`: how often is too often, as it is written: `5/min`, `30/h`, `10/10min`.

use crate::document::section::Section;
use crate::routing::ids::Span;
use std::str::FromStr;

/// Mails of one sender that are remembered to count them, and for how long.
const MAIL_COUNT_MAX: u32 = 1_000;
const MAIL_PER_MAX: Span = Span::mins(24 * 60);

/// How often is too often; all of a list must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// Forms sent, by network.
    pub form: Vec<Rate>,
    /// Chats opened, by network.
    pub chat: Vec<Rate>,
    /// Messages, by visitor.
    pub message: Vec<Rate>,
    /// Sign-ins tried, by network.
    pub sign_in: Vec<Rate>,
    /// Contacts opened by mail, by sender. This and the next two hold a rate or more.
    pub mail_contact: Vec<Rate>,
    /// Mails on open contacts, by sender.
    pub mail_message: Vec<Rate>,
    /// Mails that speak of danger and so pass although they would be held, by sender.
    pub mail_danger: Vec<Rate>,
}

/// So many in so long a time; they may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub count: u32,
    pub per: Span,
}

impl FromStr for Rate {
    type Err = ();
    fn from_str(text: &str) -> Result<Rate, ()> {
        let (count, unit) = text.split_once('/').ok_or(())?;
        let count: u32 = count.trim().parse().map_err(|_| ())?;
        let name = unit.trim().trim_start_matches(|c: char| c.is_ascii_digit());
        let times = unit.trim().strip_suffix(name).unwrap_or_default();
        let times: i64 = if times.is_empty() { 1 } else { times.parse().map_err(|_| ())? };
        let one = match name {
            "s" => Span::secs(1),
            "min" => Span::mins(1),
            "h" => Span::mins(60),
            "d" => Span::mins(24 * 60),
            _ => return Err(()),
        };
        if !(1..=1_000).contains(&times) || !(1..=1_000_000).contains(&count) {
            return Err(());
        }
        Ok(Rate { count, per: Span(one.0 * times) })
    }
}

impl Default for Rates {
    fn default() -> Rates {
        let per = |count, span| Rate { count, per: span };
        Rates {
            form: vec![per(5, Span::mins(1)), per(30, Span::mins(60))],
            chat: vec![per(3, Span::mins(1))],
            message: vec![per(30, Span::mins(1))],
            sign_in: vec![per(20, Span::mins(1))],
            mail_contact: vec![per(10, Span::mins(10))],
            mail_message: vec![per(30, Span::mins(10))],
            mail_danger: vec![per(5, Span::mins(10))],
        }
    }
}

/// Read the section.
pub(super) fn rates(top: &Section<'_>) -> Rates {
    let mut rates = Rates::default();
    let Some(section) = top.section("rates") else { return rates };
    for (key, value) in [
        ("form", &mut rates.form),
        ("chat", &mut rates.chat),
        ("message", &mut rates.message),
        ("sign_in", &mut rates.sign_in),
    ] {
        if let Some(written) = rate_list(&section, key) {
            *value = written;
        }
    }
    for (key, value) in [
        ("mail_contact", &mut rates.mail_contact),
        ("mail_message", &mut rates.mail_message),
        ("mail_danger", &mut rates.mail_danger),
    ] {
        let Some(written) = rate_list(&section, key) else { continue };
        let is_remembered = |rate: &Rate| rate.count <= MAIL_COUNT_MAX && rate.per <= MAIL_PER_MAX;
        if !written.is_empty() && written.iter().all(is_remembered) {
            *value = written;
            continue;
        }
        let place = section.node(key).map_or(&section.place, |node| &node.place);
        let what = format!("`rates.{key}` needs a rate of at most {MAIL_COUNT_MAX} within at most a day");
        section.problem(
            place,
            what,
            "write for example \"10/10min\"; who may write more stands in `email.trusted_senders`",
        );
    }
    section.done();
    rates
}

/// `None`: it is not written, or one of it is wrong.
fn rate_list(section: &Section<'_>, key: &'static str) -> Option<Vec<Rate>> {
    let mut wrong = false;
    let mut rates = Vec::new();
    for text in section.texts(key)? {
        match text.value.parse() {
            Ok(rate) => rates.push(rate),
            Err(()) => {
                let what = format!("`{}` is not a rate", text.value);
                section.problem(&text.place, what, "write for example \"5/min\", \"30/h\" or \"10/10min\"");
                wrong = true;
            }
        }
    }
    (!wrong).then_some(rates)
}
