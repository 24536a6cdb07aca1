-- name: raise_alert
-- Open an alert unless the same one is open already.
INSERT INTO alerts (created_at, severity, code, subject_kind, subject_id, subject_name, message,
                    suggestion, stats_json, dedupe_key)
VALUES (:created_at, :severity, :code, :subject_kind, :subject_id, :subject_name, :message,
        :suggestion, :stats_json, :dedupe_key)
ON CONFLICT (dedupe_key) WHERE state IN ('open', 'acknowledged') DO NOTHING;

-- name: resolve_alerts
-- Close the open alerts of one kind about one subject.
UPDATE alerts SET state = 'resolved', resolved_at = :at, resolved_by = :actor
WHERE dedupe_key = :dedupe_key AND state IN ('open', 'acknowledged');

-- name: alerts_by_state
-- Alerts in one state, worst and newest first.
SELECT id, created_at, severity, code, subject_kind, subject_name, message, suggestion, stats_json,
       state
FROM alerts
WHERE state = :state AND (:severity IS NULL OR severity = :severity)
ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, id DESC
LIMIT :limit;

-- name: count_of_alerts
-- How many alerts are in one state.
SELECT count(*) AS total FROM alerts
WHERE state = :state AND (:severity IS NULL OR severity = :severity);

-- name: alert_by_id
-- One alert.
SELECT id, state FROM alerts WHERE id = :id;

-- name: acknowledge_alert
-- Note that somebody has seen an open alert.
UPDATE alerts SET state = 'acknowledged' WHERE id = :id AND state = 'open';
