CREATE TABLE user_settings (
    id                 INTEGER PRIMARY KEY,
    setting_key        TEXT NOT NULL UNIQUE,
    setting_value_json TEXT NOT NULL CHECK (json_valid(setting_value_json)),
    description        TEXT,
    scope              TEXT NOT NULL DEFAULT 'project',
    created_at         TEXT NOT NULL,
    updated_at         TEXT NOT NULL
) STRICT;

CREATE TABLE directive_preferences (
    id                    INTEGER PRIMARY KEY,
    directive_name        TEXT NOT NULL,
    preference_key        TEXT NOT NULL,
    preference_value_json TEXT NOT NULL CHECK (json_valid(preference_value_json)),
    active                INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    description           TEXT,
    created_at            TEXT NOT NULL,
    updated_at            TEXT NOT NULL,
    UNIQUE (directive_name, preference_key)
) STRICT;

CREATE TABLE tracking_settings (
    id                       INTEGER PRIMARY KEY,
    feature_name             TEXT NOT NULL UNIQUE,
    enabled                  INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    description              TEXT,
    estimated_token_overhead INTEGER NOT NULL DEFAULT 0,
    updated_at               TEXT NOT NULL
) STRICT;

CREATE TABLE schema_version (
    version    INTEGER PRIMARY KEY,
    applied_at TEXT NOT NULL,
    checksum   TEXT NOT NULL
) STRICT;
