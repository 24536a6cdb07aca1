-- name: log_settings_in_force
-- How each kind of log is kept now.
SELECT id, log_type, retention_days, rotation_size_mb, log_directory, enabled
FROM logging_config ORDER BY id;

-- name: set_log_limits
-- Change how long and in what size one kind of log is kept; what is not given stays.
UPDATE logging_config
SET retention_days = coalesce(:retention_days, retention_days),
    rotation_size_mb = coalesce(:rotation_size_mb, rotation_size_mb), updated_at = :at
WHERE log_type = :log_type;

-- name: switch_log
-- Switch the writing of one kind of log on or off.
UPDATE logging_config SET enabled = :enabled, updated_at = :at WHERE log_type = :log_type;
