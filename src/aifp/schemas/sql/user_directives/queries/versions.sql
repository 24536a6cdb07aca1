-- name: versions_of_artifact
-- The newest versions, with the runs of those that were in force.
SELECT v.id, v.version_number, v.created_at, v.created_by, v.reason, v.code_hash, v.state,
       v.breaking, v.metadata_json, v.id = a.current_version_id AS is_current,
       count(d.id) > count(d.undeployed_at) AS in_force, coalesce(sum(d.total_runs), 0) AS runs,
       coalesce(sum(d.successes), 0) AS successes, coalesce(sum(d.failures), 0) AS failures
FROM artifact_versions v JOIN artifacts a ON a.id = v.artifact_id
LEFT JOIN deployments d ON d.version_id = v.id
WHERE v.artifact_id = :artifact_id
GROUP BY v.id ORDER BY v.version_number DESC LIMIT :limit;

-- name: count_of_versions
-- How many versions an artifact has.
SELECT count(*) AS versions FROM artifact_versions WHERE artifact_id = :artifact_id;

-- name: version_by_number
-- One version of an artifact, with what it may do and how it ran.
SELECT v.id, v.version_number, v.code_hash, v.state, v.reason, v.metadata_json, v.permissions_json,
       coalesce(sum(d.successes), 0) AS successes, coalesce(sum(d.failures), 0) AS failures
FROM artifact_versions v LEFT JOIN deployments d ON d.version_id = v.id
WHERE v.artifact_id = :artifact_id AND v.version_number = :version_number GROUP BY v.id;

-- name: deployment_at
-- What was in force of an artifact at an instant.
SELECT v.version_number, v.code_hash, d.deployment_type, d.reason, d.deployed_at, d.deployed_by,
       d.undeployed_at, d.was_successful, d.monitor, d.successes, d.failures, d.total_runs
FROM deployments d JOIN artifact_versions v ON v.id = d.version_id
WHERE d.artifact_id = :artifact_id AND d.deployed_at <= :at
  AND (d.undeployed_at IS NULL OR d.undeployed_at > :at)
ORDER BY d.id DESC LIMIT 1;

-- name: set_version_state
-- Move a version along its life; what was declined or does not load stays so.
UPDATE artifact_versions SET state = :state
WHERE id = :id AND state NOT IN ('rejected', 'load_failed');

-- name: set_version_release
-- Keep which release a version is.
UPDATE artifact_versions SET release_sha256 = :sha256 WHERE id = :id;

-- name: set_tool_in_force
-- A version of a tool lies in its file, and a person lets it run.
UPDATE artifacts
SET current_version_id = :version_id, deployed_version_id = :version_id, path = :path,
    description = :description, parameters_json = :parameters_json,
    declared_json = :declared_json, state_version = :state_version,
    effect_class = :effect_class, risk = :risk,
    status_changed_at = CASE WHEN status = :status THEN status_changed_at ELSE :at END,
    status_reason = CASE WHEN status = :status THEN status_reason ELSE NULL END,
    status = :status,
    authorization_changed_at =
        CASE WHEN authorization = :authorization THEN authorization_changed_at ELSE :at END,
    authorization = :authorization,
    missing_since = NULL, problem = NULL, updated_at = :at
WHERE id = :id;

-- name: add_proposed_tool
-- A tool whose file is written once a person says yes; until then it is not there.
INSERT INTO artifacts (kind, name, path, description, status, status_changed_at, status_reason,
                       authorization_changed_at, origin, parameters_json, declared_json,
                       created_at, updated_at)
VALUES ('user_tool', :name, :path, :description, 'deleted', :at, 'proposed', :at, :origin,
        :parameters_json, :declared_json, :at, :at)
RETURNING id;

-- name: same_draft
-- A proposal of the same code from the same version that nobody has decided about.
SELECT id FROM artifact_versions
WHERE artifact_id = :artifact_id AND code_hash = :code_hash AND parent_id IS :parent_id
  AND reason = :reason AND state IN ('draft', 'tested')
ORDER BY id DESC LIMIT 1;

-- name: directive_named
-- Whether a directive has a name.
SELECT id FROM user_directives WHERE name = :name;

-- name: why_load_failed
-- What the event says that told that a version does not load.
SELECT reason FROM events
WHERE subject_kind = 'artifact' AND subject_id = :subject_id AND event_type = 'changed'
  AND metadata_json ->> '$.state' = 'load_failed'
  AND metadata_json ->> '$.version_number' = :version_number
ORDER BY id DESC LIMIT 1;

-- name: directive_version
-- One version of a directive as it was validated.
SELECT id, directive_id, version, configuration_json, raw_content, canonical_sha256,
       permissions_json, permissions_sha256
FROM directive_versions WHERE directive_id = :directive_id AND version = :version;

-- name: restore_directive_text
-- A directive reads again as an earlier version of it did; it is a version of its own.
UPDATE user_directives
SET directive_type = :directive_type, trigger = :trigger, action = :action,
    draft_json = :draft_json, configuration_json = :configuration_json,
    canonical_sha256 = :canonical_sha256, raw_content = :raw_content,
    description = :description, domain = :domain, priority = :priority, timezone = :timezone,
    version = version + 1, validated_at = :at, updated_at = :at
WHERE id = :id;

-- name: release_in_waiting
-- The proposal for a directive that a request was about.
SELECT v.id FROM artifact_versions v JOIN artifacts a ON a.id = v.artifact_id
WHERE a.kind = 'implementation' AND a.directive_id = :directive_id
  AND v.release_sha256 = :sha256 AND v.state IN ('draft', 'tested')
ORDER BY v.id DESC LIMIT 1;

-- name: last_deployment_of_version
-- The release that a version of a directive's code was in force with last.
SELECT d.id, d.release_sha256, d.approval_id, r.version AS directive_version, r.canonical_sha256
FROM deployments d LEFT JOIN directive_versions r ON r.id = d.directive_version_id
WHERE d.version_id = :version_id ORDER BY d.id DESC LIMIT 1;

-- name: implementation_of_version
-- Where the code of a version begins, and how its tests went.
SELECT id, directive_version, implementation_file, entry_point, test_file, generator,
       test_results_json
FROM directive_implementations WHERE artifact_version_id = :version_id ORDER BY id DESC LIMIT 1;

-- name: set_code_in_force
-- A version of a directive's code lies in its files.
UPDATE artifacts
SET current_version_id = :version_id, path = :path,
    status_changed_at = CASE WHEN status = 'active' THEN status_changed_at ELSE :at END,
    status_reason = CASE WHEN status = 'active' THEN status_reason ELSE NULL END,
    status = 'active', missing_since = NULL, problem = NULL, updated_at = :at
WHERE id = :id;

-- name: artifact_by_id
-- One artifact, whole.
SELECT id, kind, name, directive_id, path, description, status, status_changed_at, status_reason,
       authorization, authorization_changed_at, origin, effect_class, declared_json,
       parameters_json, risk, state_version, current_version_id, deployed_version_id,
       successor_id, migration_note, missing_since, problem, created_at, updated_at
FROM artifacts WHERE id = :id;

-- name: earlier_deployments
-- What was in force of an artifact before, newest first; what was rolled back is left out.
SELECT d.id, d.version_id, d.release_sha256, v.version_number
FROM deployments d JOIN artifact_versions v ON v.id = d.version_id
WHERE d.artifact_id = :artifact_id AND d.undeployed_at IS NOT NULL
  AND d.monitor != 'rolled_back' AND v.state != 'load_failed'
ORDER BY d.id DESC;

-- name: set_successor
-- Which tool takes the place of a deprecated one, and what to mind.
UPDATE artifacts SET successor_id = :successor_id, migration_note = :note WHERE id = :id;
