-- name: facts_of_directive
-- What project.db hears of one directive, its latest code included.
SELECT d.id, d.name, d.status, d.version, d.approved, i.artifact_version_id, i.entry_point,
       i.test_status, i.generator,
       d.status IN ('active', 'paused', 'error') AND EXISTS (
           SELECT 1 FROM runs r
           WHERE r.directive_id = d.id AND r.directive_version = d.version
             AND r.kind = 'directive' AND r.mode = 'live'
             AND r.status IN ('success', 'failure', 'timeout')) AS monitored
FROM user_directives d
LEFT JOIN directive_implementations i ON i.id =
    (SELECT max(n.id) FROM directive_implementations n WHERE n.directive_id = d.id)
WHERE d.id = :id;

-- name: open_questions_of
-- The questions that a directive cannot go on without.
SELECT question_id, question FROM directive_questions
WHERE directive_id = :id AND answer_json IS NULL AND severity = 'error' ORDER BY question_id;

-- name: needs_missing_of
-- What a directive needs and does not have, secrets and variables too.
SELECT dependency_type, name FROM directive_dependencies
WHERE directive_id = :id AND required = 1 AND is_installed = 0 ORDER BY dependency_type, name;

-- name: directives_in_each_status
-- How many directives are in each status.
SELECT status, count(*) AS directives FROM user_directives GROUP BY status ORDER BY status;

-- name: facts_of_source
-- What project.db hears of one directive file.
SELECT path, format, sha256 FROM source_files WHERE path = :path;

-- name: newest_message
-- What was last told about something.
SELECT payload_json FROM outbox WHERE target = :target AND subject = :subject
ORDER BY id DESC LIMIT 1;

-- name: add_message
-- Leave a message that reaches its target once.
INSERT INTO outbox (target, subject, payload_json, created_at)
VALUES (:target, :subject, :payload_json, :at);

-- name: messages_waiting
-- Messages for project.db that are not known to have arrived, oldest first.
SELECT id, payload_json, created_at FROM outbox
WHERE applied_at IS NULL AND target = 'project' ORDER BY id LIMIT :limit;

-- name: messages_arrived
-- Everything up to a message has arrived.
UPDATE outbox SET applied_at = :at WHERE applied_at IS NULL AND target = 'project' AND id <= :id;

-- name: messages_after
-- All messages for project.db after one, also those that have arrived, oldest first.
SELECT id, payload_json, created_at FROM outbox
WHERE target = 'project' AND id > :after ORDER BY id LIMIT :limit;

-- name: newest_messages
-- The newest message there is, and the newest that has arrived.
SELECT (SELECT max(id) FROM outbox WHERE target = 'project') AS newest,
       (SELECT max(id) FROM outbox WHERE target = 'project' AND applied_at IS NOT NULL) AS arrived;

-- name: never_told
-- Directives of which project.db has never heard.
SELECT d.id FROM user_directives d
WHERE NOT EXISTS (SELECT 1 FROM outbox o
                  WHERE o.target = 'project' AND o.subject = 'directive:' || d.id)
ORDER BY d.id;

-- name: sources_never_told
-- Directive files of which project.db has never heard.
SELECT s.path FROM source_files s
WHERE NOT EXISTS (SELECT 1 FROM outbox o
                  WHERE o.target = 'project' AND o.subject = 'source:' || s.path)
ORDER BY s.path;

-- name: first_run_untold
-- Whether a run of the present version has ended, of which project.db has not heard.
SELECT d.id FROM user_directives d
WHERE d.id = :id AND d.status IN ('active', 'paused', 'error')
  AND 1 IS NOT (SELECT json_extract(o.payload_json, '$.directive.monitored') FROM outbox o
                WHERE o.target = 'project' AND o.subject = 'directive:' || d.id
                ORDER BY o.id DESC LIMIT 1)
  AND EXISTS (SELECT 1 FROM runs r
              WHERE r.directive_id = d.id AND r.directive_version = d.version
                AND r.kind = 'directive' AND r.mode = 'live'
                AND r.status IN ('success', 'failure', 'timeout'));
