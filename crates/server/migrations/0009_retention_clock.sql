-- What retention thinks of the server's clock. Portable SQL only, as in 0001.

-- The last time that it was believed, to about an hour.
ALTER TABLE instance ADD COLUMN retention_clock_believed_at BIGINT;
-- While it is doubted: what it said when that began, and what it said last. NULL: it is not.
ALTER TABLE instance ADD COLUMN retention_clock_doubted_since BIGINT;
ALTER TABLE instance ADD COLUMN retention_clock_doubted_at BIGINT;
