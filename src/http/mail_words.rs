//! Why a mail is where it is, in words that a supervisor understands.

use crate::message::mail::{DANGER, DANGER_WAITS};

/// For mail that is held: what was found, and what to look at before deciding.
pub fn held(why: &str) -> String {
    if let Some(why) = why.strip_prefix(DANGER_WAITS) {
        return format!(
            "It speaks of danger: read it first. Its sender has sent so much of that within a short time that it did not ring. {}",
            held(why)
        );
    }
    known(why).map_or_else(|| format!("It could not be read: {}.", why.trim_end_matches('.')), str::to_owned)
}

/// For mail within a conversation: only what the rep should know; an ordinary mail of a person needs no word.
pub fn noteworthy(why: &str) -> Option<String> {
    if let Some(why) = why.strip_prefix(DANGER) {
        return Some(format!("It speaks of danger, so it did not wait for a supervisor. {}", held(why)));
    }
    if why.starts_with(DANGER_WAITS) {
        return Some(held(why));
    }
    match word(why).as_str() {
        "" | "person" => None,
        _ => known(why).map(str::to_owned),
    }
}

fn known(why: &str) -> Option<&'static str> {
    Some(match word(why).as_str() {
        "person" => "A person wrote it.",
        "our_own_mail" => "It is our own mail that came back.",
        "delivery_status" => "It reports what became of one of our mails.",
        "read_receipt" => "It is a receipt that a mail of ours was opened.",
        "abuse_report" => "It reports one of our mails as unwanted. Check why before anything more is sent there.",
        "two_senders" => "It names more than one sender, so nobody can say whose it is. Forged mail often does.",
        "too_many_hops" => "It was passed on by more than 25 servers: it seems to go in a circle.",
        "not_authentic" => "It failed the check of its sender's domain (DMARC). The address may be forged.",
        "spam" => "The mail server marked it as spam.",
        "answers_by_itself" => "A program answered by itself, for example while somebody is away.",
        "written_by_a_program" => "A program wrote it.",
        "from_a_server" => "A mail server wrote it.",
        "mailing_list" => "It came over a mailing list.",
        "nobody_reads_answers" => "Its sender does not read answers.",
        "asks_for_no_answer" => "It asks for no answer.",
        "not_addressed_to_us" => "None of our addresses stands in it: we had a blind copy.",
        "no_sender" => "It has no sender, so nobody could be answered.",
        "too_many_contacts" => {
            "Its sender has opened many contacts within a short time: perhaps a program that writes without end. Nothing \
             else speaks against it."
        }
        "too_many_messages" => {
            "Its sender has written many mails to open contacts within a short time: perhaps a program that writes without \
             end. Nothing else speaks against it."
        }
        "too_long:_only_its_beginning_was_taken" => "It is longer than what is taken: only its beginning is here.",
        "could_not_be_fetched" => "It could not be fetched, not even in part. Look into the mailbox itself.",
        _ => return None,
    })
}

/// As one word: `could not be fetched` is `could_not_be_fetched`.
fn word(why: &str) -> String {
    why.trim().replace(' ', "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::email::mail::automatic::Why;

    #[test]
    fn every_rule_has_its_words() {
        use Why::*;
        let all = [
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
        ];
        for why in all {
            let name = why.word();
            assert!(!held(name).contains("could not be read"), "{name}");
            assert_eq!(noteworthy(name).is_none(), why == Person, "{name}");
        }
    }

    #[test]
    fn what_could_not_be_read_says_why() {
        assert_eq!(held("more than 500 headers at byte 7"), "It could not be read: more than 500 headers at byte 7.");
        assert!(held("could not be fetched").contains("the mailbox itself"));
        assert!(held("too long: only its beginning was taken").contains("only its beginning is here"));
        assert_eq!(
            noteworthy("more than 500 headers"),
            None,
            "a memo of its own says so, and the words would be a parser's"
        );
        let danger = ["danger:not_authentic", "danger:more than 500 headers"].map(|why| noteworthy(why).unwrap());
        assert!(danger.iter().all(|said| said.starts_with("It speaks of danger")), "{danger:?}");
        let waits = held("danger_waits:too_many_contacts");
        assert!(waits.contains("read it first") && waits.ends_with("Nothing else speaks against it."), "{waits}");
        assert!(danger[0].contains("(DMARC)") && danger[1].ends_with("could not be read: more than 500 headers."));
    }
}
