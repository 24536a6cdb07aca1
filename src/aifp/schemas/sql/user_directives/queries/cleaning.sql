-- name: uses_of_artifact
-- How often a tool was used, how that went, and when last; from the totals of its days.
SELECT coalesce(sum(success), 0) AS successes,
       coalesce(sum(success + failure + timeout), 0) AS executions,
       coalesce(sum(timed_runs), 0) AS timed_runs,
       coalesce(sum(sum_duration_ms), 0) AS duration_ms,
       max(last_at) AS last_used
FROM run_daily WHERE subject_kind = 'artifact' AND subject_id = :id;

-- name: watch_over_directive
-- Whether a directive fires, or would if its code were there.
SELECT name, status = 'active' OR (status = 'paused' AND pause_cause = 'file_deleted') AS fires
FROM user_directives WHERE id = :id;
