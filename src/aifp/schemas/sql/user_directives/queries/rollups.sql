-- name: add_to_run_daily
-- Count one ended record in the totals of its day.
INSERT INTO run_daily (subject_kind, subject_id, day, success, failure, timeout, skipped, missed,
                       cancelled, interrupted, timed_runs, sum_duration_ms, max_duration_ms,
                       sum_success_ms, last_status, last_at)
VALUES (:subject_kind, :subject_id, :day, :success, :failure, :timeout, :skipped, :missed,
        :cancelled, :interrupted, :timed_runs, :duration_ms, :duration_ms, :success_ms,
        :last_status, :last_at)
ON CONFLICT (subject_kind, subject_id, day) DO UPDATE
SET success = success + excluded.success, failure = failure + excluded.failure,
    timeout = timeout + excluded.timeout, skipped = skipped + excluded.skipped,
    missed = missed + excluded.missed, cancelled = cancelled + excluded.cancelled,
    interrupted = interrupted + excluded.interrupted,
    timed_runs = timed_runs + excluded.timed_runs,
    sum_duration_ms = sum_duration_ms + excluded.sum_duration_ms,
    max_duration_ms = MAX(max_duration_ms, excluded.max_duration_ms),
    sum_success_ms = sum_success_ms + excluded.sum_success_ms,
    last_status = coalesce(excluded.last_status, last_status),
    last_at = coalesce(excluded.last_at, last_at);

-- name: totals_by_day
-- What all directives did on each day since one, added up.
SELECT day, sum(success) AS success, sum(failure + timeout) AS failed,
       sum(timed_runs) AS timed_runs, sum(sum_duration_ms) AS sum_duration_ms
FROM run_daily WHERE subject_kind = 'directive' AND day >= :first GROUP BY day ORDER BY day;
