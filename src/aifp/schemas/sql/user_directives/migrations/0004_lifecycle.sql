-- How dangerous an artifact's code is; the words of the first schema were never written.
ALTER TABLE artifacts DROP COLUMN effect_class;
ALTER TABLE artifacts ADD COLUMN effect_class TEXT NOT NULL DEFAULT 'unknown'
    CHECK (effect_class IN ('read_only', 'idempotent', 'side_effects', 'destructive', 'unknown'));
-- The first scan that did not find the file; a second one, 2 s later, marks it deleted.
ALTER TABLE artifacts ADD COLUMN missing_since TEXT;
-- Why the file as it lies there can be no tool.
ALTER TABLE artifacts ADD COLUMN problem TEXT;
-- What the code of a version may do, and the hash that a person approves.
ALTER TABLE artifact_versions ADD COLUMN permissions_json TEXT NOT NULL DEFAULT '[]'
    CHECK (json_valid(permissions_json));
ALTER TABLE artifact_versions ADD COLUMN release_sha256 TEXT;
CREATE INDEX artifacts_by_name ON artifacts (name);
CREATE INDEX runs_by_version ON runs (artifact_version_id, finished_at);
-- Who still names an object, before its bytes are let go.
CREATE INDEX version_files_by_object ON artifact_version_files (object_sha256);
CREATE INDEX runs_by_output ON runs (output_sha256) WHERE output_sha256 IS NOT NULL;
CREATE INDEX runs_by_input ON runs (input_sha256) WHERE input_sha256 IS NOT NULL;
CREATE INDEX steps_by_result ON run_steps (result_sha256) WHERE result_sha256 IS NOT NULL;
CREATE INDEX steps_by_arguments ON run_steps (arguments_sha256) WHERE arguments_sha256 IS NOT NULL;
CREATE INDEX runs_of_upkeep ON runs (finished_at) WHERE kind = 'maintenance';

CREATE TABLE deployments (
    id                   INTEGER PRIMARY KEY,
    artifact_id          INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
    version_id           INTEGER NOT NULL REFERENCES artifact_versions (id) ON DELETE CASCADE,
    directive_version_id INTEGER REFERENCES directive_versions (id) ON DELETE SET NULL,
    approval_id          INTEGER REFERENCES approvals (id),
    release_sha256       TEXT NOT NULL,
    deployment_type      TEXT NOT NULL CHECK (deployment_type IN ('new', 'improvement', 'rollback', 'restore')),
    reason               TEXT,
    deployed_at          TEXT NOT NULL,
    deployed_by          TEXT NOT NULL CHECK (deployed_by IN ('user', 'ai', 'system', 'auto_cleanup', 'import')),
    undeployed_at        TEXT,
    was_successful       INTEGER CHECK (was_successful IS NULL OR was_successful IN (0, 1)),
    monitor              TEXT NOT NULL DEFAULT 'active' CHECK (monitor IN ('active', 'completed', 'rolled_back')),
    window_hours         INTEGER NOT NULL DEFAULT 24,
    baseline_days        INTEGER NOT NULL DEFAULT 7,
    drop_threshold       REAL NOT NULL DEFAULT 0.15,
    min_runs             INTEGER NOT NULL DEFAULT 10,
    successes            INTEGER NOT NULL DEFAULT 0,
    failures             INTEGER NOT NULL DEFAULT 0,
    final_success_rate   REAL,
    total_runs           INTEGER NOT NULL DEFAULT 0,
    auto_rollbacks       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX deployments_by_artifact ON deployments (artifact_id, deployed_at);
CREATE INDEX deployments_by_version ON deployments (version_id);
CREATE UNIQUE INDEX deployments_in_force ON deployments (artifact_id) WHERE undeployed_at IS NULL;
CREATE INDEX deployments_watched ON deployments (monitor)
    WHERE undeployed_at IS NULL AND monitor = 'active';

CREATE TABLE health_checks (
    id                    INTEGER PRIMARY KEY,
    deployment_id         INTEGER NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    checked_at            TEXT NOT NULL,
    baseline_runs         INTEGER NOT NULL,
    baseline_success_rate REAL,
    baseline_avg_ms       REAL,
    current_runs          INTEGER NOT NULL,
    current_success_rate  REAL,
    current_avg_ms        REAL,
    success_drop          REAL,
    duration_change       REAL,
    severity              TEXT NOT NULL CHECK (severity IN ('none', 'medium', 'high', 'critical')),
    verdict               TEXT NOT NULL CHECK (verdict IN ('keep', 'flag', 'rollback', 'insufficient_data')),
    cause                 TEXT
) STRICT;
CREATE INDEX health_checks_by_deployment ON health_checks (deployment_id, checked_at);

CREATE TABLE test_runs (
    id                  INTEGER PRIMARY KEY,
    artifact_id         INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
    version_id          INTEGER NOT NULL REFERENCES artifact_versions (id) ON DELETE CASCADE,
    baseline_version_id INTEGER REFERENCES artifact_versions (id) ON DELETE SET NULL,
    strategy            TEXT NOT NULL CHECK (strategy IN ('replay', 'shadow', 'synthetic', 'manual')),
    cases               INTEGER NOT NULL DEFAULT 0,
    agreements          INTEGER NOT NULL DEFAULT 0,
    disagreements       INTEGER NOT NULL DEFAULT 0,
    successes           INTEGER NOT NULL DEFAULT 0,
    failures            INTEGER NOT NULL DEFAULT 0,
    regressions         INTEGER NOT NULL DEFAULT 0,
    improvements        INTEGER NOT NULL DEFAULT 0,
    score               REAL,
    passed              INTEGER CHECK (passed IS NULL OR passed IN (0, 1)),
    details_json        TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(details_json)),
    started_at          TEXT NOT NULL,
    completed_at        TEXT
) STRICT;
CREATE INDEX test_runs_by_artifact ON test_runs (artifact_id);
CREATE INDEX test_runs_by_version ON test_runs (version_id);
-- Looked for after every run.
CREATE INDEX test_runs_open ON test_runs (strategy) WHERE completed_at IS NULL;

CREATE TABLE replay_cases (
    id              INTEGER PRIMARY KEY,
    artifact_id     INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
    run_id          INTEGER REFERENCES runs (id) ON DELETE SET NULL,
    input_sha256    TEXT NOT NULL,
    trace_sha256    TEXT NOT NULL,
    expected_sha256 TEXT NOT NULL,
    source          TEXT NOT NULL CHECK (source IN ('recorded', 'declared')),
    pinned          INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
    created_at      TEXT NOT NULL,
    UNIQUE (artifact_id, run_id)
) STRICT;

CREATE VIEW tool_executions AS
    SELECT r.id, a.name AS tool_name, r.artifact_version_id, r.status, r.started_at, r.finished_at,
           r.duration_ms, r.error_type, r.error_message
    FROM runs r JOIN artifacts a ON a.id = r.artifact_id
    WHERE r.mode = 'live' AND a.kind != 'manifest_tool';

CREATE VIEW tool_creation_events AS
    SELECT a.id, a.name AS tool_name, a.kind, a.status, a.status_changed_at, a.status_reason,
           a.created_at, a.origin AS created_by, v.code_hash
    FROM artifacts a
    LEFT JOIN artifact_versions v ON v.artifact_id = a.id AND v.version_number = 1;

CREATE VIEW tool_lifecycle_events AS
    SELECT id AS event_id, subject_name AS tool_name, event_type, at AS event_time, reason,
           metadata_json AS metadata, actor AS triggered_by
    FROM events WHERE subject_kind = 'artifact';

CREATE VIEW active_tools AS
    SELECT id, kind, name, path, description, authorization FROM artifacts WHERE status = 'active';

CREATE VIEW tool_versions AS
    SELECT v.id AS version_id, a.name AS tool_name, v.version_number, v.code_hash, v.created_at,
           v.created_by, v.reason, v.metadata_json AS metadata, v.parent_id, v.state
    FROM artifact_versions v JOIN artifacts a ON a.id = v.artifact_id;

CREATE VIEW version_deployments AS
    SELECT d.id, a.name AS tool_name, v.version_number, d.deployment_type, d.reason, d.deployed_at,
           d.deployed_by, d.undeployed_at, d.was_successful, d.final_success_rate, d.total_runs
    FROM deployments d
    JOIN artifacts a ON a.id = d.artifact_id
    JOIN artifact_versions v ON v.id = d.version_id;

CREATE VIEW shadow_test_results AS
    SELECT id, artifact_id, version_id, baseline_version_id, cases, agreements, disagreements,
           score, passed, started_at, completed_at
    FROM test_runs WHERE strategy = 'shadow';

CREATE VIEW replay_test_results AS
    SELECT id, artifact_id, version_id, baseline_version_id, cases, successes, failures,
           regressions, improvements, score, passed, started_at, completed_at
    FROM test_runs WHERE strategy = 'replay';

-- How each known file looked when its bytes were read last, so that it is read again only when
-- it looks otherwise.
CREATE TABLE file_looks (
    path        TEXT PRIMARY KEY,
    size_bytes  INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    changed_ns  INTEGER NOT NULL,
    sha256      TEXT NOT NULL
) STRICT;
-- What was decided about a version when other bytes took its place on disk; it counts again when
-- the same bytes come back.
ALTER TABLE artifact_versions ADD COLUMN left_as TEXT
    CHECK (left_as IS NULL OR left_as IN ('pending', 'approved', 'disabled', 'revoked'));
