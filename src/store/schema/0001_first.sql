-- The first schema. Times are microseconds since 1970 UTC. A `seal` is the first 64 bits of a SHA-256 over the
-- columns of its row that never change, so that a byte flipped on disk is found when the row is read.

-- What was decided, in order: ids and decisions only, never a customer's words.
CREATE TABLE journal (
    seq   INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    event TEXT NOT NULL,           -- JSON
    seal  INTEGER NOT NULL
) STRICT;

-- One request for help. Personal data lives here and in `message`, nowhere else.
CREATE TABLE contact (
    id              INTEGER PRIMARY KEY,
    reference       TEXT NOT NULL,
    channel         TEXT NOT NULL,
    service         TEXT,
    language        TEXT NOT NULL,
    language_source TEXT NOT NULL,
    subject         TEXT NOT NULL,
    name            TEXT,
    email           TEXT,
    phone           TEXT,
    fields          TEXT NOT NULL, -- JSON object
    doubtful        INTEGER NOT NULL CHECK (doubtful IN (0, 1)),
    opened_at       INTEGER NOT NULL,
    secret          BLOB NOT NULL CHECK (length(secret) = 32), -- SHA-256 of what opens the status page
    seal            INTEGER NOT NULL,
    -- from here on: what events and messages change
    urgency         TEXT NOT NULL,
    last_rep        INTEGER,
    closed_at       INTEGER,
    disposition     TEXT,
    last_message    INTEGER NOT NULL, -- number of the newest message; kept here so that numbering needs no search
    customer_read   INTEGER NOT NULL DEFAULT 0,
    rep_read        INTEGER NOT NULL DEFAULT 0,
    CHECK ((closed_at IS NULL) = (disposition IS NULL))
) STRICT;
-- Not unique: a browser may open its next contact with the secret of the one before, and the newest is meant.
CREATE INDEX contact_secret ON contact (secret);

-- Which inputs were taken before, and what became of them.
CREATE TABLE source (
    channel     TEXT NOT NULL,
    key         TEXT NOT NULL,
    contact     INTEGER NOT NULL REFERENCES contact (id),
    fingerprint BLOB,              -- SHA-256 of the body
    seal        INTEGER NOT NULL,
    PRIMARY KEY (channel, key)
) STRICT, WITHOUT ROWID;

-- What was said, numbered from 1 within its contact without gaps.
CREATE TABLE message (
    contact     INTEGER NOT NULL REFERENCES contact (id),
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    author      TEXT NOT NULL CHECK (author IN ('customer', 'rep', 'note')),
    rep         INTEGER,
    text        TEXT NOT NULL,
    attachments TEXT,              -- JSON array; NULL for none
    client_id   TEXT,
    seal        INTEGER NOT NULL,
    PRIMARY KEY (contact, seq),
    CHECK ((author = 'customer') = (rep IS NULL))
) STRICT, WITHOUT ROWID;
-- A client's id is its own: a customer's "1" and a rep's "1" are two messages.
CREATE UNIQUE INDEX message_client ON message (contact, client_id, ifnull(rep, -1)) WHERE client_id IS NOT NULL;
CREATE INDEX message_files ON message (contact) WHERE attachments IS NOT NULL;

-- Those who can sign in; a rep's number is their account's.
CREATE TABLE account (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    display  TEXT NOT NULL,
    role     TEXT NOT NULL,
    password TEXT,                 -- Argon2id, PHC string
    disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    seal     INTEGER NOT NULL
) STRICT;

-- Those who are signed in. Only the hash of the token is kept.
CREATE TABLE session (
    hash      BLOB PRIMARY KEY CHECK (length(hash) = 32),
    account   INTEGER NOT NULL REFERENCES account (id),
    started   INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    seal      INTEGER NOT NULL     -- over all of it
) STRICT, WITHOUT ROWID;
CREATE INDEX session_account ON session (account);
