-- How sure we are of a contact's language, in percent. NULL: the contact is older than this step, and so is its seal.

ALTER TABLE contact ADD COLUMN language_confidence INTEGER CHECK (language_confidence BETWEEN 0 AND 100);
