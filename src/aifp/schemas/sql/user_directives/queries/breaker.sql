-- name: breaker_standing
-- How a directive stands before one more run is counted.
SELECT d.name, d.status, d.consecutive_failures,
       EXISTS (SELECT 1 FROM condition_holds AS h
               WHERE h.directive_id = d.id AND h.hold_key = 'failing')
       OR d.consecutive_failures > 0 AS failing
FROM user_directives AS d
WHERE d.id = :directive_id;

-- name: count_failures
-- Keep the number of failed runs in a row.
UPDATE user_directives SET consecutive_failures = :failures WHERE id = :directive_id;

-- name: begin_failing
-- Remember that people have been told that a directive fails.
INSERT INTO condition_holds (directive_id, hold_key, value_json)
VALUES (:directive_id, 'failing', 'true')
ON CONFLICT (directive_id, hold_key) DO NOTHING;

-- name: end_failing
-- The directive works again.
DELETE FROM condition_holds WHERE directive_id = :directive_id AND hold_key = 'failing';

-- name: trip_breaker
-- Stop a directive that fails again and again.
UPDATE user_directives
SET status = 'error', status_reason = :reason, last_error = :reason, updated_at = :at
WHERE id = :directive_id AND status = 'active';
