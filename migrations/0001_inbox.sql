-- What happened: webhooks as they came, and the engine's own events. A row is terminal when its
-- status is no longer 'pending'.
CREATE TABLE inbox (
    id TEXT NOT NULL PRIMARY KEY,
    delivery_id TEXT NOT NULL,
    -- Empty for the engine's own events: their delivery id alone is the key.
    body_sha256 TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('github', 'engine')),
    event TEXT NOT NULL,
    action TEXT,
    installation_id BIGINT,
    repository_id BIGINT,
    hint TEXT NOT NULL DEFAULT '',
    lane TEXT NOT NULL,
    encoding TEXT NOT NULL CHECK (encoding IN ('text', 'base64')),
    received_ms BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'done', 'ignored', 'unparsed', 'failed')),
    reason TEXT,
    attempts BIGINT NOT NULL DEFAULT 0,
    finished_ms BIGINT,
    -- Last, because SQLite reads through a long value to reach the columns behind it.
    body TEXT NOT NULL,
    UNIQUE (delivery_id, body_sha256)
);
CREATE INDEX inbox_pending ON inbox (received_ms, id) WHERE status = 'pending';
CREATE INDEX inbox_pending_by_lane ON inbox (lane, received_ms, id) WHERE status = 'pending';
CREATE INDEX inbox_by_body ON inbox (body_sha256);
CREATE INDEX inbox_trouble ON inbox (status) WHERE status IN ('unparsed', 'failed');

-- What is handled in order, and who handles it now. The fence grows with every claim.
CREATE TABLE lanes (
    lane TEXT NOT NULL PRIMARY KEY,
    owner TEXT,
    fence BIGINT NOT NULL DEFAULT 0,
    leased_until_ms BIGINT NOT NULL DEFAULT 0,
    due_ms BIGINT NOT NULL DEFAULT 0
);

-- Branches and pull requests that belong to an issue's lane.
CREATE TABLE links (
    repository_id BIGINT NOT NULL,
    hint TEXT NOT NULL,
    lane TEXT NOT NULL,
    PRIMARY KEY (repository_id, hint)
);
