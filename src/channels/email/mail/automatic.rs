//! Three decisions about a mail: does it make a contact, of what kind, and may a machine answer it (RFC 3834)?
//!
//! The table of rules is `decide`, first match wins. Nothing a person may have written is ever dropped: what is doubtful
//! is held, what is automatic is put behind, and only our own mail coming back and machines' receipts make no contact.

use super::bounce::{self, is_server};
use super::read::{Mail, ReturnPath, without_plus};
use super::token::Tokens;
use super::verdicts::{self, Outcome};

/// Our own mail carries this field with the installation's name, so that it is known when it comes round.
pub const INSTANCE: &str = "X-Steelbridge-Instance";
/// More servers than this passed it on: it goes in a circle.
pub const HOPS_MOST: usize = 25;

/// What we are called, by the outside.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// The mailboxes we read and send from, without plus parts.
    pub addresses: Vec<String>,
    /// Domains from which nobody but this programme writes; not the city's, whose employees write to us too.
    pub domains: Vec<String>,
    /// The name in `INSTANCE`.
    pub instance: String,
    /// The name of our mail server in Authentication-Results.
    pub authserv: Option<String>,
}

/// What to do with a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub contact: Handling,
    /// A receipt may be sent, as far as this mail goes; the daemon has the last word: nobody is flooded in our name.
    pub acknowledge: bool,
    pub why: Why,
}

/// What becomes of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// A new contact, or a message on the one it answers.
    Normal,
    /// A contact behind the others: a machine's mail.
    Low,
    /// What `bounce` read goes to the delivery it is about.
    Bounce,
    /// A note on the contact it answers, which stays as it is: parked stays parked, closed stays closed.
    Note,
    /// Kept raw and counted; no contact.
    Nothing,
    /// For a supervisor to decide.
    Held,
}

/// The rule that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Person,
    OurOwnMail,
    DeliveryStatus,
    ReadReceipt,
    AbuseReport,
    TwoSenders,
    TooManyHops,
    NotAuthentic,
    Spam,
    AnswersByItself,
    WrittenByAProgram,
    FromAServer,
    MailingList,
    NobodyReadsAnswers,
    AsksForNoAnswer,
    NotAddressedToUs,
    NoSender,
}

impl Why {
    /// As it is kept with the mail and shown to staff.
    pub fn word(self) -> &'static str {
        match self {
            Why::Person => "person",
            Why::OurOwnMail => "our_own_mail",
            Why::DeliveryStatus => "delivery_status",
            Why::ReadReceipt => "read_receipt",
            Why::AbuseReport => "abuse_report",
            Why::TwoSenders => "two_senders",
            Why::TooManyHops => "too_many_hops",
            Why::NotAuthentic => "not_authentic",
            Why::Spam => "spam",
            Why::AnswersByItself => "answers_by_itself",
            Why::WrittenByAProgram => "written_by_a_program",
            Why::FromAServer => "from_a_server",
            Why::MailingList => "mailing_list",
            Why::NobodyReadsAnswers => "nobody_reads_answers",
            Why::AsksForNoAnswer => "asks_for_no_answer",
            Why::NotAddressedToUs => "not_addressed_to_us",
            Why::NoSender => "no_sender",
        }
    }
}

/// Decide. The order matters: a bounce may look automatic, and an automatic mail may look like a list's.
pub fn decide(mail: &Mail, own: &Own, tokens: &Tokens) -> Verdict {
    let thread = tokens.find(mail).is_some();
    let machine = if thread { Handling::Note } else { Handling::Low };
    let authenticity = verdicts::read(&mail.headers, own.authserv.as_deref());
    let silent = |contact, why| Verdict { contact, acknowledge: false, why };
    if came_round(mail, own, tokens) {
        return silent(Handling::Nothing, Why::OurOwnMail);
    }
    match mail.report.kind.as_deref() {
        Some("message/disposition-notification") => return silent(Handling::Nothing, Why::ReadReceipt),
        Some("message/feedback-report") => return silent(Handling::Nothing, Why::AbuseReport),
        _ => {}
    }
    if bounce::read(mail, tokens).is_some() {
        return silent(Handling::Bounce, Why::DeliveryStatus);
    }
    if from_us(mail, own) {
        return silent(Handling::Nothing, Why::OurOwnMail);
    }
    let doubts = [
        (is_marked(mail, own), Why::OurOwnMail),
        (mail.suspicious, Why::TwoSenders),
        (mail.hops > HOPS_MOST, Why::TooManyHops),
        (authenticity.dmarc == Outcome::Fail, Why::NotAuthentic),
        (authenticity.spam, Why::Spam),
    ];
    if let Some((_, why)) = doubts.into_iter().find(|(applies, _)| *applies) {
        return silent(Handling::Held, why);
    }
    let machines = [
        (answers_by_itself(mail), machine, Why::AnswersByItself),
        (is_generated(mail), machine, Why::WrittenByAProgram),
        (from_server(mail), Handling::Low, Why::FromAServer),
        (is_list(mail), Handling::Low, Why::MailingList),
    ];
    if let Some((_, contact, why)) = machines.into_iter().find(|(applies, ..)| *applies) {
        return silent(contact, why);
    }
    let unanswered = [
        (mail.receipt_to().is_none(), Why::NoSender),
        (no_reply(mail), Why::NobodyReadsAnswers),
        (asks_for_no_answer(mail), Why::AsksForNoAnswer),
        (!mail.addressed.names_one_of(&own.addresses), Why::NotAddressedToUs),
    ];
    match unanswered.into_iter().find(|(applies, _)| *applies) {
        Some((_, why)) => silent(Handling::Normal, why),
        None => Verdict { contact: Handling::Normal, acknowledge: true, why: Why::Person },
    }
}

/// It bears our own marks at the top.
fn came_round(mail: &Mail, own: &Own, tokens: &Tokens) -> bool {
    let ours = mail.message_id.as_deref().is_some_and(|id| tokens.read_message_id(id).is_some());
    let looped = mail.headers.texts("x-loop").any(|address| is_own_address(&address, own));
    ours || looped || (is_marked(mail, own) && from_us(mail, own))
}

/// It bears our name, which stands in every letter of ours: anybody who had one can write it.
fn is_marked(mail: &Mail, own: &Own) -> bool {
    mail.headers.texts("x-steelbridge-instance").any(|name| name == own.instance)
}

fn is_own_address(address: &str, own: &Own) -> bool {
    let address = without_plus(&address.trim().to_ascii_lowercase());
    own.addresses.iter().any(|own| own.eq_ignore_ascii_case(&address))
}

fn from_us(mail: &Mail, own: &Own) -> bool {
    let Some(from) = &mail.from else { return false };
    let domain = from.address.rsplit('@').next().unwrap_or_default();
    is_own_address(&from.address, own) || own.domains.iter().any(|own| own.eq_ignore_ascii_case(domain))
}

/// A person's mailbox answering while they are away.
fn answers_by_itself(mail: &Mail) -> bool {
    let fields = ["x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from", "x-vacation"];
    mail.headers.keyword("auto-submitted").is_some_and(|value| value == "auto-replied")
        || mail.headers.keyword("precedence").is_some_and(|value| value == "auto_reply")
        || fields.iter().any(|name| mail.headers.keyword(name).is_some_and(|value| value != "no"))
        || mail.headers.texts("delivered-to").any(|to| to.eq_ignore_ascii_case("autoresponder"))
}

fn is_generated(mail: &Mail) -> bool {
    // Present, and anything but "no" (RFC 3834 §5).
    mail.headers.keyword("auto-submitted").is_some_and(|value| value != "no" && !value.is_empty())
        || ["x-autogenerated", "x-cron-env", "x-loop"].iter().any(|name| mail.headers.has(name))
}

/// From a mail server, without being a notification we can read: a rep may understand it.
fn from_server(mail: &Mail) -> bool {
    mail.return_path == ReturnPath::Null || mail.from.as_ref().is_some_and(|from| is_server(&from.address))
}

fn is_list(mail: &Mail) -> bool {
    let fields = ["list-id", "list-unsubscribe", "list-post", "mailing-list", "feedback-id"];
    let precedence = mail.headers.keyword("precedence").unwrap_or_default();
    matches!(precedence.as_str(), "bulk" | "list" | "junk") || fields.iter().any(|name| mail.headers.has(name))
}

/// Nobody reads what is sent to such an address; the person behind the mail may still need help.
fn no_reply(mail: &Mail) -> bool {
    let Some(from) = &mail.from else { return true };
    let local: String = from.address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let letters: String = local.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    letters.contains("noreply")
        || letters.contains("donotreply")
        || local.starts_with("bounce")
        || local.starts_with("listserv")
}

/// It asks for no automatic answer, which does not mean that it is one itself.
fn asks_for_no_answer(mail: &Mail) -> bool {
    let Some(asked) = mail.headers.text("x-auto-response-suppress") else { return false };
    asked.split(',').any(|word| matches!(word.trim().to_ascii_lowercase().as_str(), "all" | "autoreply" | "oof"))
}
