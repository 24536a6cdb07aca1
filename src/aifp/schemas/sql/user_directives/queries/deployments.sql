-- name: deployment_in_force
-- What runs of an artifact now.
SELECT d.id, d.artifact_id, d.version_id, v.version_number, d.directive_version_id, d.approval_id,
       d.release_sha256, d.deployment_type, d.deployed_at, d.deployed_by, d.monitor, d.successes,
       d.failures, d.total_runs, d.auto_rollbacks
FROM deployments d JOIN artifact_versions v ON v.id = d.version_id
WHERE d.artifact_id = :artifact_id AND d.undeployed_at IS NULL;

-- name: close_deployment
-- Something else runs from now on: keep how well the deployment went.
UPDATE deployments
SET undeployed_at = :at, final_success_rate = :rate, was_successful = :was_successful,
    monitor = CASE WHEN :rolled_back = 1 THEN 'rolled_back'
                   WHEN monitor = 'active' THEN 'completed' ELSE monitor END
WHERE id = :id AND undeployed_at IS NULL;

-- name: add_deployment
-- What runs of an artifact from now on.
INSERT INTO deployments (artifact_id, version_id, directive_version_id, approval_id, release_sha256,
                         deployment_type, reason, deployed_at, deployed_by, auto_rollbacks)
VALUES (:artifact_id, :version_id, :directive_version_id, :approval_id, :release_sha256,
        :deployment_type, :reason, :at, :deployed_by, :auto_rollbacks)
RETURNING id;

-- name: code_of_release
-- The artifact of a code version, with the directive version that is approved beside it.
SELECT v.artifact_id, v.reason,
       (SELECT d.id FROM directive_versions d
        WHERE d.directive_id = :directive_id AND d.version = :version) AS directive_version_id
FROM artifact_versions v JOIN artifacts a ON a.id = v.artifact_id
WHERE v.id = :version_id;

-- name: set_deployed_version
-- Which version runs, or ran last.
UPDATE artifacts SET deployed_version_id = :version_id WHERE id = :id;
