-- 1 while a run is laid down until somebody lets it go on; nobody claims it meanwhile.
ALTER TABLE runs ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
-- The limit that somebody gave this scope by word, in place of the configured one.
ALTER TABLE budgets ADD COLUMN own_limit BIGINT;
