-- name: is_applied
-- Whether a message has been taken in.
SELECT outbox_id FROM applied_outbox WHERE outbox_id = :outbox_id;

-- name: note_applied
-- A message is taken in, once and for all.
INSERT INTO applied_outbox (outbox_id, applied_at) VALUES (:outbox_id, :at);

-- name: newest_applied
-- The newest message that was taken in.
SELECT max(outbox_id) AS outbox_id FROM applied_outbox;

-- name: forget_applied
-- Nothing has been taken in.
DELETE FROM applied_outbox;

-- name: forget_files
-- No file is known, nor its functions.
DELETE FROM files;

-- name: forget_items
-- No directive is on its way.
DELETE FROM completion_items;

-- name: forget_tasks
-- No task that came from the directives is left.
DELETE FROM tasks WHERE origin_key IS NOT NULL;
