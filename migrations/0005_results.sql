-- What a run came to beside a plan, for whoever goes on with it: JSON.
ALTER TABLE runs ADD COLUMN result TEXT;
