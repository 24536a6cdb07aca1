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
