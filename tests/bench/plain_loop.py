"""The usual way to fetch mail: one UID after the other, one row and one commit a mail. Prints the seconds it took."""

import imaplib
import sqlite3
import sys
import time

port, user, password, database = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]

db = sqlite3.connect(database)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = FULL")
db.execute("CREATE TABLE mail (uid_validity INTEGER, uid INTEGER, raw BLOB, PRIMARY KEY (uid_validity, uid))")

started = time.monotonic()
box = imaplib.IMAP4("127.0.0.1", port)
box.login(user, password)
box.select("INBOX")
uid_validity = int(box.response("UIDVALIDITY")[1][0])
_, found = box.uid("SEARCH", None, "ALL")
for uid in found[0].split():
    _, answer = box.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
    db.execute("INSERT INTO mail VALUES (?, ?, ?)", (uid_validity, int(uid), answer[0][1]))
    db.commit()
print(f"{time.monotonic() - started:.6f}")
box.logout()
