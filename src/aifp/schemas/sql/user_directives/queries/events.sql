-- name: last_event_hash
-- The seal of the newest event.
SELECT hash FROM events ORDER BY id DESC LIMIT 1;

-- name: add_event
-- Append one sealed event.
INSERT INTO events (at, subject_kind, subject_id, subject_name, event_type, from_status, to_status,
                    actor, reason, metadata_json, prev_hash, hash)
VALUES (:at, :subject_kind, :subject_id, :subject_name, :event_type, :from_status, :to_status,
        :actor, :reason, :metadata_json, :prev_hash, :hash);

-- name: events_in_order
-- The whole audit log, oldest first.
SELECT id, at, subject_kind, subject_id, subject_name, event_type, from_status, to_status, actor,
       reason, metadata_json, prev_hash, hash
FROM events ORDER BY id;

-- name: note_newest_event
-- Keep the seal of the newest event apart from the log.
INSERT INTO engine_state (key, value_json, updated_at) VALUES ('newest_event', :value_json, :at)
ON CONFLICT (key) DO UPDATE SET value_json = excluded.value_json, updated_at = excluded.updated_at;

-- name: newest_event
-- The seal that the log must end with.
SELECT value_json FROM engine_state WHERE key = 'newest_event';

-- name: events_to_log
-- Events that have no line in the lifecycle log yet, oldest first.
SELECT id, at, subject_kind, subject_name, event_type, from_status, to_status, actor, reason
FROM events
WHERE id > coalesce((SELECT CAST(value_json AS INTEGER) FROM engine_state
                     WHERE key = 'events_logged'), 0)
ORDER BY id LIMIT :limit;

-- name: events_logged
-- Remember the last event that has its line.
INSERT INTO engine_state (key, value_json, updated_at) VALUES ('events_logged', :last, :now)
ON CONFLICT (key) DO UPDATE SET value_json = excluded.value_json, updated_at = excluded.updated_at;
