-- One row per limit and period. Limits are checked by a conditional update of this row, never by
-- a sum, so that no interleaving passes one.
CREATE TABLE budgets (
    scope TEXT NOT NULL,
    period TEXT NOT NULL,
    reserved BIGINT NOT NULL,
    booked BIGINT NOT NULL,
    PRIMARY KEY (scope, period)
);

-- Money set aside for one call to a model.
CREATE TABLE reservations (
    reservation_id TEXT NOT NULL PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    model TEXT NOT NULL,
    price_version TEXT NOT NULL,
    amount BIGINT NOT NULL,
    details TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'settled', 'assumed')),
    created_ms BIGINT NOT NULL
);
CREATE INDEX reservations_open ON reservations (run_id) WHERE state = 'open';

CREATE TABLE reservation_scopes (
    reservation_id TEXT NOT NULL REFERENCES reservations (reservation_id),
    scope TEXT NOT NULL,
    period TEXT NOT NULL,
    PRIMARY KEY (reservation_id, scope, period)
);

-- The bill; append-only. Amounts are micro-dollars.
CREATE TABLE ledger (
    entry_id TEXT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    installation_id BIGINT NOT NULL,
    repository_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    run_id TEXT NOT NULL,
    role TEXT NOT NULL,
    tier TEXT NOT NULL,
    model_requested TEXT NOT NULL,
    model_answered TEXT,
    input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cache_read_tokens BIGINT NOT NULL,
    cache_write_5m_tokens BIGINT NOT NULL,
    cache_write_1h_tokens BIGINT NOT NULL,
    price_version TEXT NOT NULL,
    amount BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    provider_request_id TEXT,
    source TEXT NOT NULL CHECK (source IN ('api', 'actions', 'manual')),
    state TEXT NOT NULL CHECK (state IN ('settled', 'assumed')),
    -- 1 when the call cost more than was set aside for it.
    over_reservation BIGINT NOT NULL,
    note TEXT
);
CREATE UNIQUE INDEX ledger_request ON ledger (provider_request_id)
    WHERE provider_request_id IS NOT NULL;
CREATE INDEX ledger_by_issue ON ledger (repository_id, number);
CREATE INDEX ledger_by_run ON ledger (run_id);
