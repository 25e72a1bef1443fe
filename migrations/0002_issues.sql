CREATE TABLE repositories (
    repository_id BIGINT NOT NULL PRIMARY KEY,
    installation_id BIGINT NOT NULL,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    default_branch TEXT,
    private BIGINT NOT NULL DEFAULT 1
);

-- Where each issue stands. The state is the workflow's own JSON.
CREATE TABLE issues (
    repository_id BIGINT NOT NULL REFERENCES repositories (repository_id),
    number BIGINT NOT NULL,
    installation_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    life BIGINT NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    snapshot TEXT NOT NULL,
    title TEXT NOT NULL,
    updated_ms BIGINT NOT NULL,
    PRIMARY KEY (repository_id, number)
);
CREATE INDEX issues_by_installation ON issues (installation_id, updated_ms);

-- How it came there; append-only.
CREATE TABLE history (
    inbox_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    repository_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    event TEXT NOT NULL,
    from_stage TEXT NOT NULL,
    to_stage TEXT NOT NULL,
    reasons TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (inbox_id, seq)
);
CREATE INDEX history_by_issue ON history (repository_id, number, version, seq);

-- Ids of the things Baton made on GitHub.
CREATE TABLE handles (
    repository_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (repository_id, number, kind)
);

-- Whom Baton told a refusal, and when last.
CREATE TABLE refusals (
    repository_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    told_ms BIGINT NOT NULL,
    PRIMARY KEY (repository_id, number, user_id)
);

CREATE TABLE timers (
    repository_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    installation_id BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    due_ms BIGINT NOT NULL,
    PRIMARY KEY (repository_id, number, kind)
);
CREATE INDEX timers_due ON timers (due_ms);

-- Pace of the writes to each installation.
CREATE TABLE installations (
    installation_id BIGINT NOT NULL PRIMARY KEY,
    blocked_until_ms BIGINT NOT NULL DEFAULT 0,
    next_write_ms BIGINT NOT NULL DEFAULT 0
);

-- What must be done, in the order (version, position) of its issue.
CREATE TABLE outbox (
    effect_key TEXT NOT NULL PRIMARY KEY,
    repository_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    installation_id BIGINT NOT NULL REFERENCES installations (installation_id),
    version BIGINT NOT NULL,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    slot TEXT,
    payload TEXT NOT NULL,
    content_write BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'done', 'given up', 'dropped')),
    due_ms BIGINT NOT NULL,
    attempt BIGINT NOT NULL DEFAULT 0,
    owner TEXT,
    leased_until_ms BIGINT NOT NULL DEFAULT 0,
    -- When the outside was last called without a known answer.
    sent_ms BIGINT,
    error TEXT,
    created_ms BIGINT NOT NULL,
    finished_ms BIGINT,
    UNIQUE (repository_id, number, version, position)
);
CREATE INDEX outbox_pending ON outbox (due_ms, created_ms) WHERE status = 'pending';
CREATE INDEX outbox_pending_by_issue ON outbox (repository_id, number, version, position)
    WHERE status = 'pending';
CREATE INDEX outbox_leased_writes ON outbox (installation_id, leased_until_ms)
    WHERE status = 'pending' AND content_write = 1;
