CREATE TABLE files (
    id             INTEGER PRIMARY KEY,
    path           TEXT NOT NULL UNIQUE,
    language       TEXT NOT NULL,
    checksum       TEXT NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('implementation', 'test', 'directive_source', 'user_tool', 'other')),
    directive_name TEXT,
    generated      INTEGER NOT NULL DEFAULT 0 CHECK (generated IN (0, 1)),
    exists_on_disk INTEGER NOT NULL DEFAULT 1 CHECK (exists_on_disk IN (0, 1)),
    created_at     TEXT NOT NULL,
    updated_at     TEXT NOT NULL
) STRICT;
CREATE INDEX files_by_directive ON files (directive_name);

CREATE TABLE functions (
    id              INTEGER PRIMARY KEY,
    file_id         INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    signature       TEXT NOT NULL,
    purpose         TEXT NOT NULL DEFAULT '',
    parameters_json TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(parameters_json)),
    returns         TEXT,
    is_pure         INTEGER NOT NULL CHECK (is_pure IN (0, 1)),
    is_entry_point  INTEGER NOT NULL CHECK (is_entry_point IN (0, 1)),
    directive_name  TEXT,
    source_hash     TEXT NOT NULL,
    line            INTEGER NOT NULL,
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    UNIQUE (file_id, name)
) STRICT;
CREATE INDEX functions_by_directive ON functions (directive_name);

CREATE TABLE interactions (
    id                 INTEGER PRIMARY KEY,
    source_function_id INTEGER NOT NULL REFERENCES functions (id) ON DELETE CASCADE,
    target_function_id INTEGER NOT NULL REFERENCES functions (id) ON DELETE CASCADE,
    interaction_type   TEXT NOT NULL CHECK (interaction_type IN ('call')),
    created_at         TEXT NOT NULL,
    UNIQUE (source_function_id, target_function_id, interaction_type)
) STRICT;
CREATE INDEX interactions_by_target ON interactions (target_function_id);

CREATE TABLE infrastructure (
    id          INTEGER PRIMARY KEY,
    type        TEXT NOT NULL,
    value       TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    created_at  TEXT NOT NULL,
    UNIQUE (type, value)
) STRICT;

CREATE TABLE completion_path (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE CHECK (name IN ('parse', 'validate', 'implement', 'approve', 'activate', 'monitor')),
    order_index INTEGER NOT NULL UNIQUE,
    status      TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'in_progress', 'completed')),
    description TEXT NOT NULL
) STRICT;
INSERT INTO completion_path (name, order_index, description) VALUES
    ('parse', 1, 'The directive is read from its file.'),
    ('validate', 2, 'Nothing about it is open any more.'),
    ('implement', 3, 'Its code is made and tested.'),
    ('approve', 4, 'A person has approved exactly this release.'),
    ('activate', 5, 'It fires.'),
    ('monitor', 6, 'A run of it has been seen to its end.');

CREATE TABLE completion_items (
    id                 INTEGER PRIMARY KEY,
    completion_path_id INTEGER NOT NULL REFERENCES completion_path (id),
    directive_name     TEXT NOT NULL,
    status             TEXT NOT NULL CHECK (status IN ('pending', 'in_progress', 'completed')),
    completed_at       TEXT,
    UNIQUE (completion_path_id, directive_name)
) STRICT;
CREATE INDEX completion_items_by_directive ON completion_items (directive_name);

CREATE TABLE tasks (
    id                 INTEGER PRIMARY KEY,
    completion_path_id INTEGER REFERENCES completion_path (id),
    directive_name     TEXT,
    name               TEXT NOT NULL,
    description        TEXT NOT NULL DEFAULT '',
    status             TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'in_progress', 'completed', 'blocked')),
    priority           INTEGER NOT NULL DEFAULT 0,
    origin_key         TEXT UNIQUE,
    created_at         TEXT NOT NULL,
    closed_at          TEXT
) STRICT;
CREATE INDEX tasks_by_directive ON tasks (directive_name, status);

CREATE TABLE notes (
    id              INTEGER PRIMARY KEY,
    content         TEXT NOT NULL,
    note_type       TEXT NOT NULL DEFAULT 'note',
    source          TEXT NOT NULL CHECK (source IN ('user', 'ai', 'directive')),
    severity        TEXT NOT NULL DEFAULT 'info' CHECK (severity IN ('error', 'warning', 'info')),
    directive_name  TEXT,
    reference_table TEXT,
    reference_id    INTEGER,
    created_at      TEXT NOT NULL
) STRICT;
CREATE INDEX notes_by_directive ON notes (directive_name);

CREATE TABLE applied_outbox (
    outbox_id  INTEGER PRIMARY KEY,
    applied_at TEXT NOT NULL
) STRICT;
