-- Each change of hands, written with the decision that made it. What came of it is looked at later.
CREATE TABLE handoffs (
    to_run TEXT NOT NULL PRIMARY KEY,
    repository_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    installation_id BIGINT NOT NULL,
    life BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    cause TEXT NOT NULL,
    reason TEXT NOT NULL,
    task TEXT,
    idle_ms BIGINT NOT NULL,
    -- What the issue had cost until then, in micro-dollars.
    spent BIGINT NOT NULL,
    from_run TEXT NOT NULL,
    from_role TEXT NOT NULL,
    from_tier TEXT NOT NULL,
    from_model TEXT NOT NULL,
    from_answered TEXT,
    to_role TEXT NOT NULL,
    to_tier TEXT NOT NULL,
    -- Known once the successor has begun, and once it has answered.
    to_model TEXT,
    to_answered TEXT,
    executed TEXT CHECK (executed IN ('yes', 'no')),
    executed_ms BIGINT,
    recovered TEXT CHECK (recovered IN ('activity', 'task', 'person', 'no')),
    recovered_ms BIGINT,
    -- 1 when nothing more can come of it.
    settled BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX handoffs_by_issue ON handoffs (repository_id, number, at_ms);
CREATE INDEX handoffs_open ON handoffs (at_ms) WHERE settled = 0;
