//! One suite for every store: give it a `Home` and it says whether the store keeps the promises of the two traits.

use crate::sample::*;
use crate::{Directory, Home};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use steelbridge::message::{Author, ContactRecord, LanguageChoice, LanguageSource, Message};
use steelbridge::routing::event::{Event, Place};
use steelbridge::routing::ids::*;
use steelbridge::store::*;

mod contacts;
mod journal;
mod people;
mod post;
mod talk;

use contacts::*;
use journal::*;
use people::*;
use post::*;
use talk::*;

/// Runs every promise as a test of its own against a store.
macro_rules! conformance {
    ($name:ident, $home:expr, $($promise:ident),* $(,)?) => {
        mod $name {
            use super::*;
            $(#[test] fn $promise() { super::$promise($home); })*
        }
    };
}

conformance!(
    sqlite,
    Directory::made(),
    an_empty_store_has_nothing,
    what_is_appended_is_there_after_reopening,
    every_kind_of_event_comes_back_as_it_went_in,
    events_come_back_in_order_and_in_pages,
    a_batch_is_kept_whole_or_not_at_all,
    after_a_failure_nothing_is_reported_as_kept_until_it_is_reopened,
    an_input_taken_before_is_recognised,
    the_same_source_twice_is_refused,
    a_message_sent_twice_is_kept_once,
    two_senders_may_use_the_same_id_of_their_own,
    a_sender_finds_what_they_said_by_their_own_id,
    a_message_on_an_unknown_contact_is_refused,
    what_could_never_be_kept_is_known_before_it_is_tried,
    conversations_are_numbered_without_gaps_over_many_contacts,
    a_conversation_is_read_from_a_number_on,
    any_text_comes_back_byte_for_byte,
    events_change_the_contacts_row,
    what_a_contacts_own_entry_decides_is_in_its_row,
    a_language_is_corrected_for_good,
    contacts_come_in_the_order_asked_for,
    a_secret_opens_its_newest_contact,
    read_marks_only_rise_and_stay_within_the_conversation,
    what_a_rep_saw_is_kept_from_the_first_time_on,
    sightings_of_one_rep_take_no_more_than_so_many_rows,
    a_file_is_found_only_through_its_contact,
    accounts_are_added_and_changed,
    two_accounts_cannot_share_a_name,
    sessions_last_until_they_are_ended,
    old_sessions_are_forgotten,
    the_newest_snapshot_replaces_the_others,
    a_snapshot_ahead_of_the_journal_is_refused,
    readers_see_whole_batches_only,
    a_contact_says_which_one_it_follows,
    a_bookmark_is_remembered_moved_and_forgotten,
    a_mail_comes_back_as_it_went_in_with_the_message_it_became,
    a_mail_taken_before_is_recognised_and_refused,
    a_held_mail_is_decided_on_once,
    a_mail_on_a_message_that_was_not_said_is_refused,
    deliveries_are_numbered_by_contact_and_carry_what_was_just_said,
    only_the_first_unfinished_delivery_of_a_contact_is_due_and_the_important_come_first,
    what_is_over_stays_over_but_may_still_come_back,
    what_did_not_arrive_is_on_the_list_until_somebody_has_dealt_with_it,
    what_was_rendered_first_stays_until_it_is_over,
    what_the_programme_wrote_since_a_time_is_counted,
);

type Open<H> = (<H as Home>::Store, Arc<dyn Reads>);

fn open<H: Home>(home: &H) -> Open<H> {
    home.open().expect("the store opens")
}

fn keep(store: &mut impl Store, batch: &[Entry]) -> Appended {
    store.append(batch).expect("kept")
}

fn keep_records(store: &mut impl Store, records: Vec<Record>) -> Vec<Message> {
    keep(store, &[entry(vec![], records)]).messages
}

fn everything(store: &impl Store) -> Vec<Journalled> {
    store.events(Seq(0), usize::MAX).expect("readable")
}

fn contact(reads: &Arc<dyn Reads>, number: u64) -> ContactRecord {
    reads.contact(ContactId(number)).expect("readable").expect("there")
}

fn texts(reads: &Arc<dyn Reads>, number: u64) -> Vec<String> {
    let messages = reads.conversation(ContactId(number), 0, usize::MAX).expect("readable");
    messages.into_iter().map(|message| message.text).collect()
}
