CREATE TABLE source_files (
    id              INTEGER PRIMARY KEY,
    path            TEXT NOT NULL UNIQUE,
    set_name        TEXT NOT NULL UNIQUE,
    format          TEXT NOT NULL CHECK (format IN ('yaml', 'json', 'txt')),
    sha256          TEXT NOT NULL,
    timezone        TEXT,
    settings_json   TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(settings_json)),
    parse_status    TEXT NOT NULL CHECK (parse_status IN ('parsed', 'error')),
    parse_error     TEXT,
    directive_count INTEGER NOT NULL DEFAULT 0,
    last_parsed_at  TEXT NOT NULL,
    changed_at      TEXT
) STRICT;

CREATE TABLE user_directives (
    id                   INTEGER PRIMARY KEY,
    name                 TEXT NOT NULL UNIQUE,
    source_file          TEXT NOT NULL,
    source_format        TEXT NOT NULL CHECK (source_format IN ('yaml', 'json', 'txt')),
    source_index         INTEGER NOT NULL,
    directive_type       TEXT NOT NULL CHECK (directive_type IN ('trigger', 'schedule', 'api', 'conditional', 'sequence')),
    trigger              TEXT NOT NULL,
    action               TEXT NOT NULL,
    draft_json           TEXT NOT NULL CHECK (json_valid(draft_json)),
    configuration_json   TEXT NOT NULL CHECK (json_valid(configuration_json)),
    canonical_sha256     TEXT,
    raw_content          TEXT NOT NULL,
    description          TEXT,
    domain               TEXT,
    priority             INTEGER NOT NULL DEFAULT 0,
    timezone             TEXT,
    status               TEXT NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'validated', 'implemented', 'active', 'paused', 'error', 'archived')),
    status_reason        TEXT,
    pause_cause          TEXT CHECK (pause_cause IS NULL OR pause_cause IN ('user', 'file_deleted', 'approval_void', 'dependency_missing')),
    approved             INTEGER NOT NULL DEFAULT 0 CHECK (approved IN (0, 1)),
    approval_id          INTEGER REFERENCES approvals (id),
    permissions_json     TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(permissions_json)),
    permissions_sha256   TEXT,
    release_sha256       TEXT,
    version              INTEGER NOT NULL DEFAULT 1,
    consecutive_failures INTEGER NOT NULL DEFAULT 0,
    load_crashes         INTEGER NOT NULL DEFAULT 0,
    last_error           TEXT,
    created_at           TEXT NOT NULL,
    updated_at           TEXT NOT NULL,
    validated_at         TEXT,
    activated_at         TEXT,
    archived_at          TEXT
) STRICT;
CREATE INDEX user_directives_by_status ON user_directives (status);
CREATE INDEX user_directives_by_type ON user_directives (directive_type);
CREATE INDEX user_directives_by_file ON user_directives (source_file);

CREATE TABLE directive_questions (
    id            INTEGER PRIMARY KEY,
    directive_id  INTEGER NOT NULL REFERENCES user_directives (id) ON DELETE CASCADE,
    question_id   TEXT NOT NULL,
    field_path    TEXT NOT NULL,
    question      TEXT NOT NULL,
    options_json  TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(options_json)),
    default_json  TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(default_json)),
    severity      TEXT NOT NULL CHECK (severity IN ('error', 'warning', 'info')),
    who           TEXT NOT NULL DEFAULT 'any' CHECK (who IN ('any', 'person')),
    source_sha256 TEXT NOT NULL,
    answer_json   TEXT CHECK (answer_json IS NULL OR json_valid(answer_json)),
    answered_by   TEXT CHECK (answered_by IS NULL OR answered_by IN ('user', 'ai', 'system', 'auto_cleanup', 'import')),
    asked_at      TEXT NOT NULL,
    answered_at   TEXT,
    UNIQUE (directive_id, question_id)
) STRICT;

CREATE TABLE directive_versions (
    id                 INTEGER PRIMARY KEY,
    directive_id       INTEGER NOT NULL REFERENCES user_directives (id) ON DELETE CASCADE,
    version            INTEGER NOT NULL,
    configuration_json TEXT NOT NULL CHECK (json_valid(configuration_json)),
    raw_content        TEXT NOT NULL,
    canonical_sha256   TEXT,
    permissions_json   TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(permissions_json)),
    permissions_sha256 TEXT,
    reason             TEXT NOT NULL,
    created_by         TEXT NOT NULL CHECK (created_by IN ('user', 'ai', 'system', 'auto_cleanup', 'import')),
    created_at         TEXT NOT NULL,
    UNIQUE (directive_id, version)
) STRICT;

CREATE TABLE directive_schedule (
    directive_id      INTEGER PRIMARY KEY REFERENCES user_directives (id) ON DELETE CASCADE,
    next_due_at       TEXT,
    timezone          TEXT NOT NULL,
    last_due_at       TEXT,
    latched           INTEGER NOT NULL DEFAULT 0 CHECK (latched IN (0, 1)),
    last_eval_at      TEXT,
    backoff_until     TEXT,
    catch_up          TEXT NOT NULL DEFAULT 'last' CHECK (catch_up IN ('none', 'last', 'all')),
    catch_up_window_s INTEGER NOT NULL DEFAULT 3600,
    overlap           TEXT NOT NULL DEFAULT 'single' CHECK (overlap IN ('single', 'restart', 'queued', 'parallel')),
    max_concurrency   INTEGER NOT NULL DEFAULT 10
) STRICT;
CREATE INDEX directive_schedule_by_due ON directive_schedule (next_due_at);

CREATE TABLE observations (
    entity          TEXT PRIMARY KEY,
    value_json      TEXT NOT NULL CHECK (json_valid(value_json)),
    attributes_json TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(attributes_json)),
    changed_at      TEXT NOT NULL,
    seen_at         TEXT NOT NULL
) STRICT;

CREATE TABLE condition_holds (
    directive_id INTEGER NOT NULL REFERENCES user_directives (id) ON DELETE CASCADE,
    hold_key     TEXT NOT NULL,
    value_json   TEXT NOT NULL CHECK (json_valid(value_json)),
    since_at     TEXT,
    fired        INTEGER NOT NULL DEFAULT 0 CHECK (fired IN (0, 1)),
    PRIMARY KEY (directive_id, hold_key)
) STRICT;

CREATE TABLE directive_dependencies (
    id                INTEGER PRIMARY KEY,
    directive_id      INTEGER NOT NULL REFERENCES user_directives (id) ON DELETE CASCADE,
    dependency_type   TEXT NOT NULL CHECK (dependency_type IN ('python_package', 'system_package', 'api_key', 'environment_var', 'service')),
    name              TEXT NOT NULL,
    version           TEXT,
    is_installed      INTEGER NOT NULL DEFAULT 0 CHECK (is_installed IN (0, 1)),
    verified          INTEGER NOT NULL DEFAULT 0 CHECK (verified IN (0, 1)),
    installed_version TEXT,
    sha256            TEXT,
    required          INTEGER NOT NULL DEFAULT 1 CHECK (required IN (0, 1)),
    install_command   TEXT,
    confirmed_by      TEXT CHECK (confirmed_by IS NULL OR confirmed_by IN ('user', 'ai', 'system', 'auto_cleanup', 'import')),
    confirmed_at      TEXT,
    checked_at        TEXT,
    error             TEXT,
    created_at        TEXT NOT NULL,
    UNIQUE (directive_id, dependency_type, name)
) STRICT;
CREATE INDEX directive_dependencies_by_installed ON directive_dependencies (is_installed);
CREATE INDEX directive_dependencies_by_name ON directive_dependencies (dependency_type, name);

CREATE TABLE artifacts (
    id                       INTEGER PRIMARY KEY,
    kind                     TEXT NOT NULL CHECK (kind IN ('implementation', 'user_tool', 'manifest_tool')),
    name                     TEXT NOT NULL,
    directive_id             INTEGER REFERENCES user_directives (id) ON DELETE SET NULL,
    path                     TEXT,
    description              TEXT,
    status                   TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'deleted', 'archived', 'deprecated')),
    status_changed_at        TEXT NOT NULL,
    status_reason            TEXT,
    authorization            TEXT NOT NULL DEFAULT 'pending' CHECK (authorization IN ('pending', 'approved', 'disabled', 'revoked')),
    authorization_changed_at TEXT NOT NULL,
    origin                   TEXT NOT NULL CHECK (origin IN ('user', 'ai', 'system', 'auto_cleanup', 'import')),
    effect_class             TEXT CHECK (effect_class IS NULL OR effect_class IN ('pure', 'read', 'idempotent_write', 'write', 'destructive')),
    declared_json            TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(declared_json)),
    parameters_json          TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(parameters_json)),
    risk                     TEXT CHECK (risk IS NULL OR risk IN ('low', 'medium', 'high')),
    state_version            INTEGER NOT NULL DEFAULT 1,
    current_version_id       INTEGER,
    deployed_version_id      INTEGER,
    successor_id             INTEGER REFERENCES artifacts (id),
    migration_note           TEXT,
    created_at               TEXT NOT NULL,
    updated_at               TEXT NOT NULL,
    UNIQUE (kind, name)
) STRICT;
CREATE INDEX artifacts_by_status ON artifacts (status);

CREATE TABLE artifact_versions (
    id             INTEGER PRIMARY KEY,
    artifact_id    INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
    version_number INTEGER NOT NULL,
    code_hash      TEXT NOT NULL,
    parent_id      INTEGER REFERENCES artifact_versions (id),
    state          TEXT NOT NULL CHECK (state IN ('draft', 'tested', 'approved', 'rejected', 'load_failed')),
    reason         TEXT NOT NULL CHECK (reason IN ('initial', 'bug_fix', 'performance', 'enhancement', 'manual_edit', 'rollback', 'restore')),
    breaking       INTEGER NOT NULL DEFAULT 0 CHECK (breaking IN (0, 1)),
    created_by     TEXT NOT NULL CHECK (created_by IN ('user', 'ai', 'system', 'auto_cleanup', 'import')),
    created_at     TEXT NOT NULL,
    metadata_json  TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata_json)),
    UNIQUE (artifact_id, version_number)
) STRICT;
CREATE INDEX artifact_versions_by_code ON artifact_versions (code_hash);

CREATE TABLE objects (
    sha256     TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT
) STRICT;

CREATE TABLE artifact_version_files (
    version_id    INTEGER NOT NULL REFERENCES artifact_versions (id) ON DELETE CASCADE,
    path          TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('implementation', 'helper', 'test', 'manifest')),
    object_sha256 TEXT NOT NULL REFERENCES objects (sha256),
    size_bytes    INTEGER NOT NULL,
    PRIMARY KEY (version_id, path)
) STRICT;

CREATE TABLE directive_implementations (
    id                  INTEGER PRIMARY KEY,
    directive_id        INTEGER NOT NULL REFERENCES user_directives (id) ON DELETE CASCADE,
    directive_version   INTEGER NOT NULL,
    artifact_id         INTEGER NOT NULL REFERENCES artifacts (id),
    artifact_version_id INTEGER NOT NULL REFERENCES artifact_versions (id),
    implementation_file TEXT NOT NULL,
    entry_point         TEXT NOT NULL,
    test_file           TEXT,
    status              TEXT NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'validated', 'deployed', 'failed')),
    test_status         TEXT NOT NULL DEFAULT 'pending' CHECK (test_status IN ('passing', 'failing', 'pending', 'skipped')),
    test_source         TEXT CHECK (test_source IS NULL OR test_source IN ('reported', 'engine')),
    test_results_json   TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(test_results_json)),
    generator           TEXT NOT NULL,
    generated_at        TEXT NOT NULL,
    last_modified       TEXT NOT NULL,
    deployed_at         TEXT,
    UNIQUE (directive_id, artifact_version_id)
) STRICT;

CREATE TABLE approvals (
    id                 INTEGER PRIMARY KEY,
    subject_kind       TEXT NOT NULL CHECK (subject_kind IN ('directive', 'artifact', 'worker_definition', 'dependency', 'run', 'grant', 'overwrite', 'archive_duplicate', 'waive_tests', 'destroy_state')),
    subject_id         TEXT NOT NULL,
    subject_name       TEXT NOT NULL,
    release_sha256     TEXT NOT NULL,
    directive_sha256   TEXT,
    code_sha256        TEXT,
    permissions_sha256 TEXT,
    request_json       TEXT NOT NULL CHECK (json_valid(request_json)),
    requested_by       TEXT NOT NULL CHECK (requested_by IN ('user', 'ai', 'system', 'auto_cleanup', 'import')),
    decision           TEXT NOT NULL DEFAULT 'pending' CHECK (decision IN ('pending', 'approved', 'rejected', 'revoked', 'expired', 'superseded')),
    decided_by         TEXT CHECK (decided_by IS NULL OR decided_by IN ('user', 'ai', 'system', 'auto_cleanup', 'import')),
    channel            TEXT CHECK (channel IS NULL OR channel IN ('elicitation', 'cli')),
    reason             TEXT,
    checksum           TEXT,
    requested_at       TEXT NOT NULL,
    decided_at         TEXT,
    expires_at         TEXT NOT NULL
) STRICT;
CREATE INDEX approvals_by_subject ON approvals (subject_kind, subject_id);
CREATE INDEX approvals_by_decision ON approvals (decision);

CREATE TABLE grants (
    id           INTEGER PRIMARY KEY,
    subject_kind TEXT NOT NULL CHECK (subject_kind IN ('directive', 'artifact', 'worker_definition', 'pool', 'queue')),
    subject_id   TEXT NOT NULL,
    effect       TEXT NOT NULL CHECK (effect IN ('allow', 'deny')),
    resource     TEXT NOT NULL CHECK (resource IN ('network', 'host', 'notify', 'command', 'file_read', 'file_write', 'tool', 'worker', 'secret', 'data_source', 'state_mb', 'storage_mb', 'cpu_percent', 'memory_mb', 'timeout_s', 'output_mb', 'rate', 'concurrency', 'rpm', 'tpm', 'tpd', 'cost')),
    value_json   TEXT NOT NULL CHECK (json_valid(value_json)),
    approval_id  INTEGER NOT NULL REFERENCES approvals (id),
    granted_by   TEXT NOT NULL CHECK (granted_by IN ('user', 'ai', 'system', 'auto_cleanup', 'import')),
    valid_until  TEXT,
    created_at   TEXT NOT NULL
) STRICT;
CREATE INDEX grants_by_subject ON grants (subject_kind, subject_id);

CREATE TABLE kv_state (
    owner_kind       TEXT NOT NULL CHECK (owner_kind IN ('directive', 'artifact', 'worker')),
    owner_id         TEXT NOT NULL,
    state_key        TEXT NOT NULL,
    state_value_json TEXT NOT NULL CHECK (json_valid(state_value_json)),
    size_bytes       INTEGER NOT NULL,
    created_at       TEXT NOT NULL,
    updated_at       TEXT NOT NULL,
    expires_at       TEXT,
    PRIMARY KEY (owner_kind, owner_id, state_key)
) STRICT;

CREATE TABLE runs (
    id                  INTEGER PRIMARY KEY,
    kind                TEXT NOT NULL CHECK (kind IN ('directive', 'tool', 'task', 'test', 'maintenance')),
    mode                TEXT NOT NULL DEFAULT 'live' CHECK (mode IN ('live', 'dry_run', 'replay', 'shadow')),
    directive_id        INTEGER REFERENCES user_directives (id) ON DELETE SET NULL,
    directive_version   INTEGER,
    artifact_id         INTEGER,
    artifact_version_id INTEGER,
    approval_id         INTEGER,
    release_sha256      TEXT,
    priority            INTEGER NOT NULL DEFAULT 0,
    due_at              TEXT,
    due_until           TEXT,
    due_count           INTEGER NOT NULL DEFAULT 1,
    trigger_source      TEXT NOT NULL CHECK (trigger_source IN ('schedule', 'trigger', 'api', 'condition', 'manual', 'catch_up', 'external', 'tool', 'task', 'system')),
    trigger_json        TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(trigger_json)),
    idempotency_key     TEXT NOT NULL UNIQUE,
    status              TEXT NOT NULL CHECK (status IN ('queued', 'running', 'waiting_for_approval', 'success', 'failure', 'timeout', 'skipped', 'missed', 'cancelled', 'interrupted')),
    reason              TEXT,
    attempts            INTEGER NOT NULL DEFAULT 0,
    epoch               INTEGER NOT NULL DEFAULT 0,
    created_at          TEXT NOT NULL,
    started_at          TEXT,
    finished_at         TEXT,
    wake_at             TEXT,
    working_ms          INTEGER NOT NULL DEFAULT 0,
    duration_ms         INTEGER,
    error_type          TEXT,
    error_message       TEXT,
    input_sha256        TEXT,
    input_json          TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(input_json)),
    random_seed         TEXT NOT NULL,
    output_summary      TEXT,
    output_sha256       TEXT,
    log_file            TEXT,
    log_offset          INTEGER,
    cpu_ms              REAL,
    memory_peak_mb      REAL,
    lease_owner         TEXT,
    lease_until         TEXT,
    settled             INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1))
) STRICT;
CREATE INDEX runs_by_directive ON runs (directive_id, started_at);
CREATE INDEX runs_by_due ON runs (directive_id, due_at);
CREATE INDEX runs_by_artifact ON runs (artifact_id, started_at);
CREATE INDEX runs_by_status ON runs (status, started_at);
CREATE INDEX runs_unsettled ON runs (finished_at)
    WHERE settled = 0 AND finished_at IS NOT NULL AND kind = 'directive' AND mode = 'live';
CREATE INDEX runs_open ON runs (status, wake_at) WHERE status IN ('queued', 'running', 'waiting_for_approval');

CREATE TABLE run_attempts (
    run_id        INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    attempt       INTEGER NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('queued', 'running', 'waiting_for_approval', 'success', 'failure', 'timeout', 'skipped', 'missed', 'cancelled', 'interrupted')),
    started_at    TEXT NOT NULL,
    finished_at   TEXT,
    duration_ms   INTEGER,
    error_type    TEXT,
    error_message TEXT,
    failed_steps_json TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(failed_steps_json)),
    sandbox_id    TEXT,
    PRIMARY KEY (run_id, attempt)
) STRICT;

CREATE TABLE run_steps (
    run_id           INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    attempt          INTEGER NOT NULL,
    seq              INTEGER NOT NULL,
    function         TEXT NOT NULL CHECK (function IN ('http', 'notify', 'command', 'file', 'tool', 'state', 'ask_worker', 'sleep', 'log')),
    call_sha256      TEXT NOT NULL,
    arguments_json   TEXT CHECK (arguments_json IS NULL OR json_valid(arguments_json)),
    arguments_sha256 TEXT,
    result_json      TEXT CHECK (result_json IS NULL OR json_valid(result_json)),
    result_sha256    TEXT,
    status           TEXT NOT NULL CHECK (status IN ('started', 'ok', 'error', 'denied', 'simulated')),
    error_type       TEXT,
    error_message    TEXT,
    idempotency_key  TEXT,
    started_at       TEXT NOT NULL,
    finished_at      TEXT,
    wake_at          TEXT,
    bytes_in         INTEGER NOT NULL DEFAULT 0,
    bytes_out        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, attempt, seq)
) STRICT;

CREATE TABLE run_daily (
    subject_kind    TEXT NOT NULL CHECK (subject_kind IN ('project', 'directive', 'artifact', 'worker_definition')),
    subject_id      TEXT NOT NULL,
    day             TEXT NOT NULL,
    success         INTEGER NOT NULL DEFAULT 0,
    failure         INTEGER NOT NULL DEFAULT 0,
    timeout         INTEGER NOT NULL DEFAULT 0,
    skipped         INTEGER NOT NULL DEFAULT 0,
    missed          INTEGER NOT NULL DEFAULT 0,
    cancelled       INTEGER NOT NULL DEFAULT 0,
    interrupted     INTEGER NOT NULL DEFAULT 0,
    timed_runs      INTEGER NOT NULL DEFAULT 0,
    sum_duration_ms INTEGER NOT NULL DEFAULT 0,
    max_duration_ms INTEGER NOT NULL DEFAULT 0,
    sum_success_ms  INTEGER NOT NULL DEFAULT 0,
    last_status     TEXT,
    last_at         TEXT,
    PRIMARY KEY (subject_kind, subject_id, day)
) STRICT;
CREATE INDEX run_daily_by_day ON run_daily (day);

CREATE TABLE logging_config (
    id               INTEGER PRIMARY KEY,
    log_type         TEXT NOT NULL UNIQUE CHECK (log_type IN ('execution', 'error', 'lifecycle')),
    retention_days   INTEGER NOT NULL CHECK (retention_days BETWEEN 1 AND 3650),
    rotation_size_mb INTEGER NOT NULL CHECK (rotation_size_mb BETWEEN 1 AND 1024),
    log_directory    TEXT NOT NULL,
    enabled          INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    updated_at       TEXT
) STRICT;
INSERT INTO logging_config (log_type, retention_days, rotation_size_mb, log_directory) VALUES
    ('execution', 30, 50, '.aifp-project/logs/execution/'),
    ('error', 90, 10, '.aifp-project/logs/errors/'),
    ('lifecycle', 180, 10, '.aifp-project/logs/lifecycle/');

CREATE TABLE events (
    id            INTEGER PRIMARY KEY,
    at            TEXT NOT NULL,
    subject_kind  TEXT NOT NULL,
    subject_id    TEXT NOT NULL,
    subject_name  TEXT NOT NULL,
    event_type    TEXT NOT NULL,
    from_status   TEXT,
    to_status     TEXT,
    actor         TEXT NOT NULL CHECK (actor IN ('user', 'ai', 'system', 'auto_cleanup', 'import')),
    reason        TEXT,
    metadata_json TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata_json)),
    prev_hash     TEXT NOT NULL,
    hash          TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX events_by_name ON events (subject_name);
CREATE INDEX events_by_type ON events (event_type);
CREATE INDEX events_by_time ON events (at);

CREATE TABLE alerts (
    id           INTEGER PRIMARY KEY,
    created_at   TEXT NOT NULL,
    severity     TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    code         TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    subject_name TEXT NOT NULL,
    message      TEXT NOT NULL,
    suggestion   TEXT,
    stats_json   TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(stats_json)),
    state        TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acknowledged', 'resolved')),
    dedupe_key   TEXT NOT NULL,
    resolved_at  TEXT,
    resolved_by  TEXT CHECK (resolved_by IS NULL OR resolved_by IN ('user', 'ai', 'system', 'auto_cleanup', 'import'))
) STRICT;
CREATE INDEX alerts_by_state ON alerts (state, severity);
CREATE UNIQUE INDEX alerts_open_once ON alerts (dedupe_key) WHERE state IN ('open', 'acknowledged');

CREATE TABLE engine_state (
    key        TEXT PRIMARY KEY,
    value_json TEXT NOT NULL CHECK (json_valid(value_json)),
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE schema_version (
    version    INTEGER PRIMARY KEY,
    applied_at TEXT NOT NULL,
    checksum   TEXT NOT NULL
) STRICT;

CREATE VIEW directive_executions AS
    SELECT * FROM runs WHERE kind = 'directive' AND mode = 'live';
