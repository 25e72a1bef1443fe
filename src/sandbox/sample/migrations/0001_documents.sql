-- Documents as they were read, so that a restart need not read the folder again.
CREATE TABLE documents (
    name     TEXT PRIMARY KEY,
    body     TEXT NOT NULL,
    read_at  BIGINT NOT NULL
);
