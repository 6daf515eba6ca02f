-- The programme itself may say something in a conversation, for example whom to call when there is danger.

CREATE TABLE message_new (
    contact     INTEGER NOT NULL REFERENCES contact (id),
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    author      TEXT NOT NULL CHECK (author IN ('customer', 'rep', 'note', 'automatic')),
    rep         INTEGER,
    text        TEXT NOT NULL,
    attachments TEXT,              -- JSON array; NULL for none
    client_id   TEXT,
    seal        INTEGER NOT NULL,
    PRIMARY KEY (contact, seq),
    CHECK ((author IN ('customer', 'automatic')) = (rep IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO message_new SELECT contact, seq, at, author, rep, text, attachments, client_id, seal FROM message;
DROP TABLE message;
ALTER TABLE message_new RENAME TO message;

-- A client's id is its own: a customer's "1" and a rep's "1" are two messages.
CREATE UNIQUE INDEX message_client ON message (contact, client_id, author, ifnull(rep, -1)) WHERE client_id IS NOT NULL;
CREATE INDEX message_files ON message (contact) WHERE attachments IS NOT NULL;
