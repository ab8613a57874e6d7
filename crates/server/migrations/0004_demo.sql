-- A directory that was made for the demo, and by which the demo goes on. It has one row, or the directory is real.

CREATE TABLE demo (
    seed BIGINT NOT NULL,
    -- When the year that the demo tells of ends. Microseconds since the Unix epoch, as all times here.
    year_ends_at BIGINT NOT NULL,
    -- About how many events the year has.
    year_events BIGINT NOT NULL,
    -- Everything that happens in the demo before this moment is recorded.
    recorded_until BIGINT NOT NULL
);
