CREATE TABLE project (
    id                     INTEGER PRIMARY KEY CHECK (id = 1),
    name                   TEXT NOT NULL,
    purpose                TEXT NOT NULL DEFAULT '',
    goals_json             TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(goals_json)),
    status                 TEXT NOT NULL DEFAULT 'active'
        CHECK (status IN ('active', 'paused', 'completed', 'abandoned')),
    version                INTEGER NOT NULL DEFAULT 1,
    blueprint_checksum     TEXT,
    timezone               TEXT,
    user_directives_status TEXT
        CHECK (user_directives_status IS NULL
               OR user_directives_status IN ('in_progress', 'active', 'disabled')),
    created_at             TEXT NOT NULL,
    updated_at             TEXT NOT NULL
) STRICT;

CREATE TABLE schema_version (
    version    INTEGER PRIMARY KEY,
    applied_at TEXT NOT NULL,
    checksum   TEXT NOT NULL
) STRICT;
