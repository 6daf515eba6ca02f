-- What did not arrive is dealt with by a person: who did, and when. NULL: nobody has yet, and the seal says nothing of it.

ALTER TABLE delivery ADD COLUMN settled_by INTEGER;
ALTER TABLE delivery ADD COLUMN settled_at INTEGER CHECK ((settled_at IS NULL) = (settled_by IS NULL));
DROP INDEX delivery_troubled;
CREATE INDEX delivery_troubled ON delivery (id) WHERE state IN ('failed', 'unknown') AND settled_at IS NULL;
