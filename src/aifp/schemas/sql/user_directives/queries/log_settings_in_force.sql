-- name: log_settings_in_force
-- How each kind of log is kept now.
SELECT log_type, retention_days, rotation_size_mb, log_directory, enabled
FROM logging_config;
