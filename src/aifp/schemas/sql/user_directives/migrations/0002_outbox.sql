CREATE TABLE outbox (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    target       TEXT NOT NULL CHECK (target IN ('project')),
    subject      TEXT NOT NULL,
    payload_json TEXT NOT NULL CHECK (json_valid(payload_json)),
    created_at   TEXT NOT NULL,
    applied_at   TEXT
) STRICT;
CREATE INDEX outbox_waiting ON outbox (id) WHERE applied_at IS NULL;
CREATE INDEX outbox_by_subject ON outbox (target, subject, id);
