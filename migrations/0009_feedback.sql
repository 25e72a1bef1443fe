-- What people chose over what was computed: a level, a tier. Written with the decision.
CREATE TABLE feedback (
    inbox_id        TEXT   NOT NULL,
    seq             BIGINT NOT NULL,
    installation_id BIGINT NOT NULL,
    repository_id   BIGINT NOT NULL,
    number          BIGINT NOT NULL,
    user_id         BIGINT NOT NULL,
    about           TEXT   NOT NULL,
    computed        TEXT   NOT NULL,
    chosen          TEXT   NOT NULL,
    how             TEXT   NOT NULL,
    at_ms           BIGINT NOT NULL,
    PRIMARY KEY (inbox_id, seq)
);
CREATE INDEX feedback_of_repository ON feedback (installation_id, repository_id);
