-- Who of the staff saw what, whom else a mail went to, and when a delivery was over.

-- These messages came before this rep's eyes for the first time at `at`. No message is in two rows of one rep.
CREATE TABLE sighting (
    contact INTEGER NOT NULL REFERENCES contact (id),
    rep     INTEGER NOT NULL,
    first   INTEGER NOT NULL CHECK (first > 0),
    last    INTEGER NOT NULL CHECK (last >= first),
    at      INTEGER NOT NULL,
    seal    INTEGER NOT NULL,
    PRIMARY KEY (contact, rep, first)
) STRICT, WITHOUT ROWID;

-- JSON; NULL: to nobody but us, or the mail is older than this step, and so is its seal.
ALTER TABLE mail ADD COLUMN also_to TEXT;

-- NULL: not over, not returned, or older than this step, and so is its seal.
ALTER TABLE delivery ADD COLUMN over_at INTEGER;
ALTER TABLE delivery ADD COLUMN returned_at INTEGER;
