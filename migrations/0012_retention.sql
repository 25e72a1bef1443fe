-- What is deleted when its time is over. Deliveries in the order in which they ended; how far their
-- bodies have been emptied, so that no look begins at the oldest again.
CREATE INDEX inbox_finished ON inbox (finished_ms) WHERE finished_ms IS NOT NULL;
CREATE TABLE retention (
    what TEXT NOT NULL PRIMARY KEY,
    up_to_ms BIGINT NOT NULL
);

-- 1 once transcript and prompts of an ended run are gone.
ALTER TABLE runs ADD COLUMN forgotten BIGINT NOT NULL DEFAULT 0;
CREATE INDEX runs_kept ON runs (finished_ms) WHERE forgotten = 0;

CREATE INDEX ledger_by_time ON ledger (at_ms);
CREATE INDEX reservations_closed ON reservations (created_ms) WHERE state <> 'open';
