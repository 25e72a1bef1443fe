CREATE TABLE runs (
    run_id TEXT NOT NULL PRIMARY KEY,
    repository_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    installation_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    tier TEXT NOT NULL,
    model TEXT NOT NULL,
    requester_id BIGINT NOT NULL,
    brief TEXT NOT NULL,
    limits TEXT NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('ready', 'waiting', 'backoff', 'finished', 'failed', 'stopped')),
    reason TEXT,
    due_ms BIGINT NOT NULL,
    owner TEXT,
    fence BIGINT NOT NULL DEFAULT 0,
    leased_until_ms BIGINT NOT NULL DEFAULT 0,
    activity_ms BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    finished_ms BIGINT
);
-- Law 1 of the workflow: at most one live run per issue.
CREATE UNIQUE INDEX runs_one_live ON runs (repository_id, number)
    WHERE status IN ('ready', 'waiting', 'backoff');
CREATE INDEX runs_due ON runs (due_ms) WHERE status IN ('ready', 'backoff');

-- The transcript, turn by turn; append-only.
CREATE TABLE run_entries (
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    seq BIGINT NOT NULL,
    entry TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (run_id, seq)
);

-- What people told a run that it has not read yet.
CREATE TABLE run_inputs (
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    input_id TEXT NOT NULL,
    told TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    consumed_seq BIGINT,
    PRIMARY KEY (run_id, input_id)
);

CREATE TABLE plans (
    repository_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    hash TEXT NOT NULL,
    plan TEXT NOT NULL,
    markdown TEXT NOT NULL,
    run_id TEXT NOT NULL,
    base_sha TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (repository_id, number, revision)
);

CREATE TABLE questions (
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    round BIGINT NOT NULL,
    position BIGINT NOT NULL,
    repository_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT,
    answered_by BIGINT,
    answered_ms BIGINT,
    PRIMARY KEY (run_id, round, position)
);
CREATE INDEX questions_by_issue ON questions (repository_id, number);
