-- name: note_hints
-- Remember what the assistant was told today to improve.
INSERT INTO engine_state (key, value_json, updated_at) VALUES ('improvement_hints', :value_json, :at)
ON CONFLICT (key) DO UPDATE SET value_json = excluded.value_json, updated_at = excluded.updated_at;

-- name: hints_told
-- What the assistant was told last to improve.
SELECT value_json FROM engine_state WHERE key = 'improvement_hints';

-- name: deployments_that_fell
-- The deployments in force whose newest check saw the success rate fall.
SELECT d.artifact_id, h.success_drop
FROM deployments AS d
JOIN health_checks AS h ON h.id = (SELECT max(n.id) FROM health_checks AS n
                                   WHERE n.deployment_id = d.id)
WHERE d.undeployed_at IS NULL AND h.cause = 'success_drop';

-- name: deployments_watched
-- The deployments in force that are still watched, with what was in force before each.
SELECT d.id, d.artifact_id, d.version_id, d.deployed_at, d.deployed_by, d.deployment_type, d.reason,
       d.monitor, d.window_hours, d.baseline_days, d.drop_threshold, d.min_runs, d.total_runs,
       p.version_id AS before_version_id, a.kind, a.name, a.directive_id, v.version_number
FROM deployments AS d
JOIN artifacts AS a ON a.id = d.artifact_id
JOIN artifact_versions AS v ON v.id = d.version_id
LEFT JOIN deployments AS p ON p.id = (SELECT max(n.id) FROM deployments AS n
                                      WHERE n.artifact_id = d.artifact_id AND n.id < d.id)
WHERE d.undeployed_at IS NULL AND d.monitor = 'active' ORDER BY d.id;

-- name: deployment_of_artifact
-- The deployment of a tool that is in force, with what was in force before it.
SELECT d.id, d.artifact_id, d.version_id, d.deployed_at, d.deployed_by, d.deployment_type, d.reason,
       d.monitor, d.window_hours, d.baseline_days, d.drop_threshold, d.min_runs, d.total_runs,
       p.version_id AS before_version_id, a.kind, a.name, a.directive_id, v.version_number
FROM deployments AS d
JOIN artifacts AS a ON a.id = d.artifact_id
JOIN artifact_versions AS v ON v.id = d.version_id
LEFT JOIN deployments AS p ON p.id = (SELECT max(n.id) FROM deployments AS n
                                      WHERE n.artifact_id = d.artifact_id AND n.id < d.id)
WHERE d.undeployed_at IS NULL AND d.artifact_id = :artifact_id;

-- name: runs_that_judge
-- The newest ended runs of a version that may say something about its code, newest first.
SELECT id, status, error_type, duration_ms, started_at, finished_at FROM runs
WHERE artifact_version_id = :version_id AND artifact_id = :artifact_id AND mode = 'live'
  AND kind IN ('directive', 'tool') AND trigger_source <> 'system'
  AND status IN ('success', 'failure')
  AND finished_at >= :since AND started_at >= :since AND (:until IS NULL OR started_at < :until)
ORDER BY finished_at DESC, id DESC LIMIT 1000;

-- name: unreached_by_version
-- The addresses that runs of a version could not reach, where that is what ended them.
SELECT r.id AS run_id, s.started_at, s.arguments_json ->> '$.url' AS url
FROM runs AS r
JOIN run_attempts AS t ON t.run_id = r.id
JOIN json_each(t.failed_steps_json) AS f
JOIN run_steps AS s ON s.run_id = r.id AND s.attempt = t.attempt AND s.seq = f.value
WHERE r.artifact_version_id = :version_id AND r.started_at >= :since AND r.finished_at <= :until
  AND r.status = 'failure' AND s.function = 'http' AND s.status = 'error'
  AND s.error_type IN ('connection', 'timeout') AND s.arguments_json IS NOT NULL
  AND t.attempt = (SELECT max(n.attempt) FROM run_attempts AS n WHERE n.run_id = r.id)
ORDER BY r.id DESC LIMIT 2000;

-- name: unreached_by_others
-- The addresses that the runs of other code could not reach in a stretch of time.
SELECT s.started_at, s.arguments_json ->> '$.url' AS url
FROM runs AS r
JOIN run_steps AS s ON s.run_id = r.id
WHERE r.status = 'failure' AND r.started_at >= :since AND r.started_at <= :until
  AND r.mode = 'live' AND r.artifact_id IS NOT :artifact_id
  AND s.function = 'http' AND s.status = 'error' AND s.error_type IN ('connection', 'timeout')
  AND s.arguments_json IS NOT NULL
ORDER BY r.started_at DESC LIMIT 2000;

-- name: add_health_check
-- Keep what one look at a deployment found.
INSERT INTO health_checks (deployment_id, checked_at, baseline_runs, baseline_success_rate,
                           baseline_avg_ms, current_runs, current_success_rate, current_avg_ms,
                           success_drop, duration_change, severity, verdict, cause)
VALUES (:deployment_id, :at, :baseline_runs, :baseline_success_rate, :baseline_avg_ms,
        :current_runs, :current_success_rate, :current_avg_ms, :success_drop, :duration_change,
        :severity, :verdict, :cause);

-- name: newest_health_check
-- What the newest look at a deployment found.
SELECT checked_at, severity, verdict, cause FROM health_checks
WHERE deployment_id = :deployment_id ORDER BY id DESC LIMIT 1;

-- name: health_checks_of
-- The newest looks at a deployment, newest first.
SELECT checked_at, baseline_runs, baseline_success_rate, current_runs, current_success_rate,
       severity, verdict, cause
FROM health_checks WHERE deployment_id = :deployment_id ORDER BY id DESC LIMIT 10;

-- name: end_watch
-- The window of a deployment is over.
UPDATE deployments SET monitor = 'completed'
WHERE id = :id AND monitor = 'active' AND undeployed_at IS NULL;

-- name: rolled_back_lately
-- Whether a tool was rolled back by itself in this window, or runs on such a rollback.
SELECT 1 AS yes FROM deployments
WHERE artifact_id = :artifact_id AND auto_rollbacks > 0
  AND (undeployed_at IS NULL OR deployed_at > :since) LIMIT 1;
