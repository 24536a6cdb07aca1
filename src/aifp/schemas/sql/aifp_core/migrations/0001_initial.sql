CREATE TABLE helper_functions (
    id               INTEGER PRIMARY KEY,
    name             TEXT NOT NULL UNIQUE CHECK (name <> ''),
    file_path        TEXT NOT NULL CHECK (file_path LIKE 'helpers/%.py'),
    purpose          TEXT NOT NULL CHECK (purpose <> ''),
    parameters_json  TEXT NOT NULL CHECK (json_valid(parameters_json)),
    returns_json     TEXT NOT NULL CHECK (json_valid(returns_json)),
    error_handling   TEXT NOT NULL CHECK (error_handling <> ''),
    used_by          TEXT NOT NULL CHECK (used_by <> ''),
    is_tool          INTEGER NOT NULL CHECK (is_tool IN (0, 1)),
    is_sub_helper    INTEGER NOT NULL CHECK (is_sub_helper IN (0, 1) AND is_tool + is_sub_helper < 2),
    toolset          TEXT CHECK ((toolset IS NULL) = (is_tool = 0)),
    target_database  TEXT CHECK (target_database <> ''),
    annotations_json TEXT NOT NULL CHECK (json_valid(annotations_json)),
    phase            INTEGER CHECK (phase IN (1, 2, 3)),
    content_hash     TEXT NOT NULL CHECK (content_hash <> '')
) STRICT;

CREATE TABLE directives (
    id                   INTEGER PRIMARY KEY,
    name                 TEXT NOT NULL UNIQUE CHECK (name <> ''),
    type                 TEXT NOT NULL CHECK (type IN ('system')),
    level                INTEGER NOT NULL CHECK (level >= 0),
    parent_directive     TEXT REFERENCES directives (name),
    description          TEXT NOT NULL CHECK (description <> ''),
    workflow_json        TEXT NOT NULL CHECK (json_valid(workflow_json)),
    outputs_json         TEXT NOT NULL CHECK (json_valid(outputs_json)),
    intent_keywords_json TEXT NOT NULL CHECK (json_valid(intent_keywords_json)),
    confidence_threshold REAL NOT NULL CHECK (confidence_threshold BETWEEN 0 AND 1),
    CHECK ((parent_directive IS NULL) = (level = 0))
) STRICT;

CREATE TABLE directive_helpers (
    id             INTEGER PRIMARY KEY,
    directive_id   INTEGER NOT NULL REFERENCES directives (id),
    helper_id      INTEGER NOT NULL REFERENCES helper_functions (id),
    sequence_order INTEGER NOT NULL CHECK (sequence_order >= 1),
    step_name      TEXT NOT NULL CHECK (step_name <> ''),
    is_required    INTEGER NOT NULL CHECK (is_required IN (0, 1)),
    UNIQUE (directive_id, sequence_order),
    UNIQUE (directive_id, step_name)
) STRICT;

CREATE TABLE schema_version (
    version           INTEGER PRIMARY KEY,
    built_from_sha256 TEXT NOT NULL CHECK (length(built_from_sha256) = 64)
) STRICT;
