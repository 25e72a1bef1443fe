-- What nothing depends on and GitHub did not take: it is tried again, and what follows goes on.
ALTER TABLE outbox ADD COLUMN aside BIGINT NOT NULL DEFAULT 0;
