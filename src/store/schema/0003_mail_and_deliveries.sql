-- What comes in by mail, what goes out and must arrive, and small things that are remembered under a key.

-- Every mail that was taken, whatever became of it. Its bytes are a file named by their digest.
CREATE TABLE mail (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,  -- imap:account:folder:uidvalidity:uid
    mailbox    TEXT NOT NULL,
    digest     TEXT,                  -- SHA-256 in hex; NULL: could not be fetched
    size       INTEGER NOT NULL,
    taken_at   INTEGER NOT NULL,
    arrived_at INTEGER,
    sender     TEXT,
    subject    TEXT NOT NULL,
    message_id TEXT,
    why        TEXT NOT NULL,
    trust      TEXT NOT NULL,
    html       INTEGER NOT NULL CHECK (html IN (0, 1)),
    folded     INTEGER NOT NULL CHECK (folded IN (0, 1)),
    -- what becomes of it; a held mail may be released later
    fate       TEXT NOT NULL CHECK (fate IN ('message', 'returned', 'nothing', 'held', 'copy', 'discarded')),
    contact    INTEGER REFERENCES contact (id),
    seq        INTEGER,               -- the message it became
    decided_by INTEGER,               -- who released or discarded it
    decided_at INTEGER,
    seal       INTEGER NOT NULL,      -- over all of it
    CHECK ((contact IS NULL) = (seq IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL))
) STRICT;
CREATE INDEX mail_digest ON mail (digest);
CREATE INDEX mail_message_id ON mail (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX mail_contact ON mail (contact) WHERE contact IS NOT NULL;
CREATE INDEX mail_held ON mail (id) WHERE fate = 'held';

-- What must be sent, and how it fares.
CREATE TABLE delivery (
    id        INTEGER PRIMARY KEY,
    contact   INTEGER NOT NULL REFERENCES contact (id),
    n         INTEGER NOT NULL,       -- the how-manieth of this contact, from 1
    channel   TEXT NOT NULL,
    kind      TEXT NOT NULL,
    recipient TEXT NOT NULL,
    language  TEXT NOT NULL,
    sure      INTEGER NOT NULL CHECK (sure IN (0, 1)),
    seq       INTEGER,                -- the message it carries
    made_at   INTEGER NOT NULL,
    -- how it fares
    state     TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'unknown')),
    due_at    INTEGER NOT NULL,       -- while sending: when the lease ends
    later     INTEGER NOT NULL,       -- attempts put off by the other side
    later_at  INTEGER,                -- the first of them
    unknown   INTEGER NOT NULL,       -- attempts of which nobody knows what became
    said      TEXT,                   -- what the other side said last
    seal      INTEGER NOT NULL,       -- over all of it
    UNIQUE (contact, n)
) STRICT;
CREATE INDEX delivery_due ON delivery (channel, due_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX delivery_troubled ON delivery (id) WHERE state IN ('failed', 'unknown');
CREATE INDEX delivery_receipts ON delivery (made_at) WHERE kind IN ('acknowledgement', 'notice');

-- The bytes a delivery is sent as: made once, gone when it is over. Apart, so that a change of state writes a short row.
CREATE TABLE rendered (
    delivery INTEGER PRIMARY KEY REFERENCES delivery (id),
    bytes    BLOB NOT NULL,
    seal     INTEGER NOT NULL
) STRICT;

-- How far a mailbox is done, how often a mail was tried.
CREATE TABLE bookmark (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    seal  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A contact may follow one that was closed too long ago to be opened again.
ALTER TABLE contact ADD COLUMN follows INTEGER REFERENCES contact (id);

-- The programme may also tell the staff something, for example that an answer could not be delivered.
CREATE TABLE message_new (
    contact     INTEGER NOT NULL REFERENCES contact (id),
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    author      TEXT NOT NULL CHECK (author IN ('customer', 'rep', 'note', 'automatic', 'memo')),
    rep         INTEGER,
    text        TEXT NOT NULL,
    attachments TEXT,              -- JSON array; NULL for none
    client_id   TEXT,
    seal        INTEGER NOT NULL,
    PRIMARY KEY (contact, seq),
    CHECK ((author IN ('customer', 'automatic', 'memo')) = (rep IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO message_new SELECT contact, seq, at, author, rep, text, attachments, client_id, seal FROM message;
DROP TABLE message;
ALTER TABLE message_new RENAME TO message;
CREATE UNIQUE INDEX message_client ON message (contact, client_id, author, ifnull(rep, -1)) WHERE client_id IS NOT NULL;
CREATE INDEX message_files ON message (contact) WHERE attachments IS NOT NULL;
