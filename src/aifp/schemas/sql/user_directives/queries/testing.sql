-- name: runs_to_replay
-- The newest live runs of some code, with what came of them.
SELECT r.id, r.status, r.error_type, r.output_summary, r.output_sha256, r.directive_version
FROM runs r JOIN artifact_versions v ON v.id = r.artifact_version_id
WHERE r.artifact_id = :artifact_id AND v.code_hash = :code_hash AND r.mode = 'live'
  AND r.status IN ('success', 'failure') AND r.trigger_source != 'system'
  AND r.finished_at >= :since
ORDER BY r.id DESC LIMIT :limit;

-- name: recorded_steps
-- What one attempt of a run called, and what it was answered.
SELECT seq, function, call_sha256, arguments_json, arguments_sha256, result_json, result_sha256,
       error_type, error_message, started_at, finished_at
FROM run_steps
WHERE run_id = :run_id AND attempt = :attempt AND status != 'started'
ORDER BY seq;

-- name: observed_calls
-- The kinds of calls that the newest runs of some code have made.
SELECT s.function, s.arguments_json
FROM (SELECT r.id FROM runs r JOIN artifact_versions v ON v.id = r.artifact_version_id
      WHERE r.artifact_id = :artifact_id AND v.code_hash = :code_hash
      ORDER BY r.started_at DESC LIMIT :runs) AS newest
JOIN run_steps s ON s.run_id = newest.id
WHERE s.arguments_json IS NOT NULL
GROUP BY s.call_sha256 ORDER BY max(s.run_id) DESC LIMIT :limit;

-- name: classes_of_tools
-- How dangerous each of the user's own tools is.
SELECT name, effect_class FROM artifacts WHERE kind = 'user_tool';

-- name: note_class
-- Keep how dangerous an artifact is.
UPDATE artifacts SET effect_class = :effect_class, risk = :risk, updated_at = :at
WHERE id = :id AND (effect_class != :effect_class OR risk IS NOT :risk);

-- name: live_run_of_code
-- A live run of some code that ended since an instant.
SELECT r.id FROM runs r JOIN artifact_versions v ON v.id = r.artifact_version_id
WHERE r.artifact_id = :artifact_id AND v.code_hash = :code_hash AND r.mode = 'live'
  AND r.status IN ('success', 'failure') AND r.finished_at >= :since LIMIT 1;

-- name: add_test_run
-- Keep what a strategy found about a version; without an end it goes on.
INSERT INTO test_runs (artifact_id, version_id, baseline_version_id, strategy, cases, agreements,
                       disagreements, successes, failures, regressions, improvements, score,
                       passed, details_json, started_at, completed_at)
VALUES (:artifact_id, :version_id, :baseline_version_id, :strategy, :cases, :agreements,
        :disagreements, :successes, :failures, :regressions, :improvements, :score, :passed,
        :details_json, :started_at, :completed_at)
RETURNING id;

-- name: go_on_with_test_run
-- Add to what a strategy has found so far.
UPDATE test_runs
SET cases = :cases, agreements = :agreements, disagreements = :disagreements,
    successes = :successes, failures = :failures, regressions = :regressions,
    improvements = :improvements, score = :score, passed = :passed, details_json = :details_json,
    completed_at = :completed_at
WHERE id = :id AND completed_at IS NULL;

-- name: test_runs_of_artifact
-- What tests found about the versions of an artifact, newest first.
SELECT t.id, t.version_id, t.baseline_version_id, v.version_number,
       b.version_number AS baseline_version_number, t.strategy, t.cases, t.agreements,
       t.disagreements, t.successes, t.failures, t.regressions, t.improvements, t.score, t.passed,
       t.details_json, t.started_at, t.completed_at
FROM test_runs t JOIN artifact_versions v ON v.id = t.version_id
LEFT JOIN artifact_versions b ON b.id = t.baseline_version_id
WHERE t.artifact_id = :artifact_id AND (:version_id IS NULL OR t.version_id = :version_id)
ORDER BY t.id DESC LIMIT :limit;

-- name: open_shadow_tests
-- Versions that runs are shadowed for.
SELECT t.id, t.version_id, t.baseline_version_id, v.version_number,
       b.version_number AS baseline_version_number, t.strategy, t.cases, t.agreements,
       t.disagreements, t.successes, t.failures, t.regressions, t.improvements, t.score, t.passed,
       t.details_json, t.started_at, t.completed_at
FROM test_runs t JOIN artifact_versions v ON v.id = t.version_id
LEFT JOIN artifact_versions b ON b.id = t.baseline_version_id
WHERE t.strategy = 'shadow' AND t.completed_at IS NULL ORDER BY t.id;

-- name: runs_to_shadow
-- Live runs that ended since a shadow test began and that it has not seen.
SELECT r.id, r.status, r.error_type, r.output_summary, r.output_sha256, r.directive_version
FROM runs r JOIN artifact_versions v ON v.id = r.artifact_version_id
WHERE r.artifact_id = :artifact_id AND v.code_hash = :code_hash AND r.mode = 'live'
  AND r.status IN ('success', 'failure') AND r.trigger_source != 'system'
  AND r.started_at >= :since AND r.created_at >= :since
  AND NOT EXISTS (SELECT 1 FROM runs s
                  WHERE s.idempotency_key = 'shadow:' || :test_run_id || ':' || r.id)
ORDER BY r.id LIMIT :limit;

-- name: add_test_record
-- The record of one trial; it is there only once it has ended.
INSERT INTO runs (kind, mode, artifact_id, artifact_version_id, trigger_source, trigger_json,
                  idempotency_key, status, reason, created_at, started_at, finished_at,
                  duration_ms, output_summary, random_seed, settled)
VALUES ('test', :mode, :artifact_id, :artifact_version_id, 'system', :trigger_json,
        :idempotency_key, :status, :reason, :started_at, :started_at, :finished_at, :duration_ms,
        :output_summary, '', 1)
RETURNING id;

-- name: mark_version_tested
-- Note that a version has shown all it must.
UPDATE artifact_versions SET state = 'tested' WHERE id = :id AND state = 'draft';
