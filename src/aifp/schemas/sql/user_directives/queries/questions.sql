-- name: questions_of_directive
-- Every question that was ever open and still fits.
SELECT question_id, field_path, severity, who, source_sha256, answer_json
FROM directive_questions WHERE directive_id = :directive_id ORDER BY id;

-- name: answers_of_directive
-- The answers given so far; to what only a person may answer, only a person's count.
SELECT q.question_id, q.field_path, q.source_sha256, q.answer_json
FROM directive_questions q JOIN user_directives d ON d.id = q.directive_id
WHERE d.name = :name AND q.answer_json IS NOT NULL
  AND (q.who = 'any' OR q.answered_by = 'user')
ORDER BY q.id;

-- name: ask_question
-- Note a question; one that is already known keeps its answer.
INSERT INTO directive_questions (directive_id, question_id, field_path, question, options_json,
                                 default_json, severity, who, source_sha256, asked_at)
VALUES (:directive_id, :question_id, :field_path, :question, :options_json, :default_json,
        :severity, :who, :source_sha256, :at)
ON CONFLICT (directive_id, question_id) DO UPDATE
SET question = excluded.question, options_json = excluded.options_json,
    default_json = excluded.default_json, severity = excluded.severity, who = excluded.who,
    source_sha256 = excluded.source_sha256;

-- name: answer_question
-- Keep an answer and who gave it.
UPDATE directive_questions
SET answer_json = :answer_json, answered_by = :answered_by, answered_at = :at
WHERE directive_id = :directive_id AND question_id = :question_id;

-- name: drop_question
-- Forget a question that nothing asks any more.
DELETE FROM directive_questions WHERE directive_id = :directive_id AND question_id = :question_id;
