-- Looking for work with a long backlog: the lane stands in the index, so that a search which passes
-- over rows of busy lanes reads no bodies.
DROP INDEX inbox_pending;
CREATE INDEX inbox_pending ON inbox (received_ms, id, lane) WHERE status = 'pending';

-- Whether the same body was decided upon: only such rows count, and a body that came a thousand
-- times and was ignored each time is not read through. Intake has an index less to keep.
DROP INDEX inbox_by_body;
CREATE INDEX inbox_done_by_body ON inbox (body_sha256)
    WHERE status = 'done' AND source = 'github';

-- What the health check counts among all effects there ever were.
CREATE INDEX outbox_given_up ON outbox (status) WHERE status = 'given up';
