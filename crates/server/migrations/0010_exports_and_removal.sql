-- What it takes to tell whether the file of an export may hold events that retention has removed since.

-- The lowest index of the events in the file. NULL while there is no file.
ALTER TABLE exports ADD COLUMN lowest_index BIGINT;
-- How many of the organization's events had been removed when the file was begun.
ALTER TABLE exports ADD COLUMN gone_before BIGINT;
