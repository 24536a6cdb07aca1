-- name: versions_of_artifact
-- The newest versions, with the runs of those that were in force.
SELECT v.id, v.version_number, v.created_at, v.created_by, v.reason, v.code_hash, v.state,
       v.breaking, v.metadata_json, v.id = a.current_version_id AS is_current,
       EXISTS (SELECT 1 FROM deployments f
               WHERE f.version_id = v.id AND f.undeployed_at IS NULL) AS in_force,
       (SELECT coalesce(sum(d.total_runs), 0) FROM deployments d WHERE d.version_id = v.id) AS runs,
       (SELECT coalesce(sum(d.successes), 0) FROM deployments d WHERE d.version_id = v.id) AS successes,
       (SELECT coalesce(sum(d.failures), 0) FROM deployments d WHERE d.version_id = v.id) AS failures
FROM artifact_versions v JOIN artifacts a ON a.id = v.artifact_id
WHERE v.artifact_id = :artifact_id
ORDER BY v.version_number DESC LIMIT :limit;

-- name: count_of_versions
-- How many versions an artifact has.
SELECT count(*) AS versions FROM artifact_versions WHERE artifact_id = :artifact_id;

-- name: version_by_number
-- One version of an artifact, with what it may do and how it ran.
SELECT v.id, v.version_number, v.code_hash, v.state, v.reason, v.metadata_json, v.permissions_json,
       (SELECT coalesce(sum(d.successes), 0) FROM deployments d WHERE d.version_id = v.id) AS successes,
       (SELECT coalesce(sum(d.failures), 0) FROM deployments d WHERE d.version_id = v.id) AS failures
FROM artifact_versions v
WHERE v.artifact_id = :artifact_id AND v.version_number = :version_number;

-- name: deployment_at
-- What was in force of an artifact at an instant.
SELECT v.version_number, v.code_hash, d.deployment_type, d.reason, d.deployed_at, d.deployed_by,
       d.undeployed_at, d.was_successful, d.monitor, d.successes, d.failures, d.total_runs
FROM deployments d JOIN artifact_versions v ON v.id = d.version_id
WHERE d.artifact_id = :artifact_id AND d.deployed_at <= :at
  AND (d.undeployed_at IS NULL OR d.undeployed_at > :at)
ORDER BY d.id DESC LIMIT 1;
