//! Who may do what to which contact: one function, deny by default, tested as a whole table.

use crate::store::Role;

/// Someone who asks, as far as permission goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Not signed in: a visitor, who has a secret of their own for their own request.
    Visitor,
    Staff(Role),
}

/// What is asked for. Every route has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Open to everyone; guarded, where need be, by a secret in the address or a first frame.
    Public,
    SignIn,
    /// One's own account: who am I, sign out.
    Account,
    /// The words the consoles need: services, colleagues, queues. And the live stream, which is filtered by who listens.
    Look,
    /// To be there and to take offers, each checked by the engine for whose it is.
    Work,
    /// Read a contact, its messages and files.
    Read,
    /// Save a mail as it came, with all its fields.
    Original,
    Explain,
    /// Answer, park, hand over, close.
    Handle,
    /// Write a note that only staff see.
    Note,
    /// "Not an emergency", or "I have seen it".
    Correct,
    /// See everyone's work.
    Oversee,
    /// See what each rep has, in short, to look into it.
    LookIn,
    /// Give a contact to a rep.
    Assign,
    /// Decide who can sign in.
    Administer,
    /// See and decide on mail that is held, and see what could not be delivered.
    Triage,
}

/// How the asker stands to the contact that is named in the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// The address names no contact.
    Nothing,
    /// There is no such contact.
    Unknown,
    /// It waits, and they are not asked to take it.
    Unowned,
    Offered,
    /// Active, parked or in wrap-up with them.
    Own,
    /// Closed; they had it last.
    Past,
    /// With someone else, or closed by someone else.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Allow,
    /// 401: we do not know who asks.
    SignIn,
    /// 403: nobody in this role may do this to any contact.
    Forbid,
    /// 404, with the same body as for a contact that does not exist.
    Hide,
}

pub fn allow(subject: Subject, action: Action, relation: Relation) -> Decision {
    use Action::*;
    use Relation::*;
    use Role::*;
    let role = match (subject, action) {
        (_, Public | SignIn) => return Decision::Allow,
        (Subject::Visitor, _) => return Decision::SignIn,
        (Subject::Staff(role), _) => role,
    };
    let relations: &[Relation] = match (action, role) {
        (Account | Look, _) => &[Nothing],
        (Work, Rep | Supervisor) => &[Nothing],
        (Oversee, Supervisor | Admin | Auditor) => &[Nothing],
        (Administer, Admin) => &[Nothing],
        (LookIn, Supervisor | Auditor) => &[Nothing],
        (Triage, Supervisor) => &[Nothing],

        (Read, Rep) => &[Offered, Own, Past],
        (Read, Supervisor | Auditor) => &[Unowned, Offered, Own, Past, Other],
        (Original, Supervisor) => &[Unowned, Offered, Own, Past, Other],
        (Explain, Rep) => &[Offered, Own, Past],
        (Explain, Supervisor | Admin | Auditor) => &[Unowned, Offered, Own, Past, Other],

        (Handle, Rep | Supervisor) => &[Own],
        (Note, Rep) => &[Own],
        (Note, Supervisor) => &[Unowned, Offered, Own, Other],
        (Correct, Rep) => &[Offered, Own],
        (Correct, Supervisor) => &[Unowned, Offered, Own, Other],
        (Assign, Supervisor) => &[Unowned, Offered, Own, Other],

        _ => return Decision::Forbid,
    };
    if relations.contains(&relation) { Decision::Allow } else { Decision::Hide }
}
