-- Looking for work, and counting it, with a long backlog. SQLite reads the row behind an entry of a
-- partial index unless the column of its condition stands in the index, too: with bodies of 11 KB
-- that is a page from disk for each row that waits.
DROP INDEX inbox_pending;
CREATE INDEX inbox_pending ON inbox (status, received_ms, id, lane) WHERE status = 'pending';

-- Whether the same body was decided upon: only such rows count, and a body that came a thousand
-- times and was ignored each time is not read through. Intake has an index less to keep.
DROP INDEX inbox_by_body;
CREATE INDEX inbox_done_by_body ON inbox (body_sha256)
    WHERE status = 'done' AND source = 'github';

-- What the health check counts among all effects there ever were.
CREATE INDEX outbox_unfinished ON outbox (status) WHERE status IN ('pending', 'given up');
