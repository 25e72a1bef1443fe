-- The payloads of effects that have ended, in the order in which they did, until each is emptied: some
-- hold an issue's words.
CREATE INDEX outbox_ended ON outbox (finished_ms) WHERE status <> 'pending' AND payload <> '';
