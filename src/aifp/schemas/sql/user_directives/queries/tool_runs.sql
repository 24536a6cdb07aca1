-- name: version_with_artifact
-- One version with the artifact it belongs to.
SELECT v.id, v.artifact_id, v.version_number, v.code_hash, v.parent_id, v.state, v.reason, v.breaking,
       v.created_by, v.created_at, v.metadata_json, v.permissions_json, v.release_sha256, a.kind,
       a.name, a.path, a.directive_id, a.status, a.authorization, a.current_version_id,
       a.deployed_version_id, a.effect_class
FROM artifact_versions v JOIN artifacts a ON a.id = v.artifact_id
WHERE v.id = :id;

-- name: version_with_code
-- The version of an artifact with exactly this code: the current one, else the newest.
SELECT v.id, v.artifact_id, v.version_number, a.name
FROM artifact_versions v JOIN artifacts a ON a.id = v.artifact_id
WHERE v.artifact_id = :artifact_id AND v.code_hash = :code_hash
ORDER BY v.id IS :current DESC, v.id DESC LIMIT 1;

-- name: successor_of
-- The tool that takes the place of a deprecated one.
SELECT s.name FROM artifacts a JOIN artifacts s ON s.id = a.successor_id WHERE a.id = :id;

-- name: open_tool_run
-- Open the run of a call.
INSERT INTO runs (kind, mode, artifact_id, artifact_version_id, approval_id, release_sha256,
                  trigger_source, trigger_json, idempotency_key, status, created_at, input_json,
                  random_seed)
VALUES ('tool', :mode, :artifact_id, :artifact_version_id, :approval_id, :release_sha256,
        :trigger_source, :trigger_json, :idempotency_key, 'queued', :now, :input_json, :random_seed)
RETURNING id;

-- name: run_of_step
-- The newest run of a tool that a step of another run has opened.
SELECT id, status, reason, error_message, output_summary, output_sha256, wake_at
FROM runs
WHERE idempotency_key > :step_key || ':' AND idempotency_key < :step_key || ';' AND kind = 'tool'
ORDER BY id DESC LIMIT 1;

-- name: effect_of_tool
-- How dangerous a tool is.
SELECT effect_class FROM artifacts WHERE kind = 'user_tool' AND name = :name;

-- name: was_revoked
-- Whether a person took back the approval of exactly this release.
SELECT id FROM approvals
WHERE subject_kind = :kind AND subject_id = :subject_id AND release_sha256 = :release_sha256
  AND decision = 'revoked' LIMIT 1;

-- name: switched_off_after
-- Whether a tool was switched off after an approval, and nobody switched it on since.
SELECT e.id FROM events e JOIN artifacts a ON e.subject_id = CAST(a.id AS TEXT)
WHERE a.id = :id AND e.id = (
    SELECT max(s.id) FROM events s
    WHERE s.subject_kind = 'artifact' AND s.subject_id = CAST(a.id AS TEXT)
      AND s.subject_name = a.name AND s.at >= a.created_at
      AND s.event_type IN ('enabled', 'disabled'))
  AND e.event_type = 'disabled'
  AND e.at >= (SELECT decided_at FROM approvals WHERE id = :approval_id);

-- name: version_of_release
-- The version that a request was about.
SELECT id FROM artifact_versions
WHERE artifact_id = :artifact_id AND release_sha256 = :sha256 ORDER BY id DESC LIMIT 1;

-- name: edited_since_asked
-- What a person edited in the file after a request was filed, unless a yes lets it be overwritten.
SELECT c.version_number, a.path
FROM artifacts a JOIN artifact_versions c ON c.id = a.current_version_id
WHERE a.id = :artifact_id AND a.status IN ('active', 'deprecated') AND c.id != :version_id
  AND c.reason = 'manual_edit' AND c.created_at > :requested_at
  AND NOT EXISTS (
    SELECT 1 FROM approvals o
    WHERE o.subject_kind = 'overwrite' AND o.subject_id = CAST(a.id AS TEXT)
      AND o.decision = 'approved' AND o.decided_at >= c.created_at);

-- name: decide_version
-- Write what a person said about a version.
UPDATE artifact_versions SET state = :state WHERE id = :id AND state IN ('draft', 'tested');

-- name: callable_tools
-- The tools that are there and may run, by name.
SELECT name, description, parameters_json, effect_class, status FROM artifacts
WHERE kind = 'user_tool' AND status IN ('active', 'deprecated') AND authorization = 'approved'
ORDER BY name;
