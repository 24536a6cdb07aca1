-- name: user_settings
-- What is preferred for every directive.
SELECT setting_key, setting_value_json FROM user_settings ORDER BY setting_key;

-- name: store_user_setting
-- Keep what is preferred for every directive.
INSERT INTO user_settings (setting_key, setting_value_json, created_at, updated_at)
VALUES (:setting_key, :value_json, :at, :at)
ON CONFLICT (setting_key) DO UPDATE
SET setting_value_json = excluded.setting_value_json, updated_at = excluded.updated_at;

-- name: drop_user_setting
-- Prefer nothing any more for every directive.
DELETE FROM user_settings WHERE setting_key = :setting_key;

-- name: preferences_of_all
-- What is preferred for single directives.
SELECT directive_name, preference_key, preference_value_json FROM directive_preferences
WHERE active = 1 ORDER BY directive_name, preference_key;

-- name: preferences_of_directive
-- What is preferred for one directive.
SELECT preference_key, preference_value_json FROM directive_preferences
WHERE directive_name = :directive_name AND active = 1 ORDER BY preference_key;

-- name: store_preference
-- Keep what is preferred for one directive.
INSERT INTO directive_preferences (directive_name, preference_key, preference_value_json,
                                   created_at, updated_at)
VALUES (:directive_name, :preference_key, :value_json, :at, :at)
ON CONFLICT (directive_name, preference_key) DO UPDATE
SET preference_value_json = excluded.preference_value_json, active = 1,
    updated_at = excluded.updated_at;

-- name: drop_preference
-- Prefer nothing any more for one directive.
DELETE FROM directive_preferences
WHERE directive_name = :directive_name AND preference_key = :preference_key;

-- name: execution_tracking
-- Whether lines about runs and steps are written.
SELECT enabled FROM tracking_settings WHERE feature_name = 'execution_logging';

-- name: switch_execution_tracking
-- Write lines about runs and steps, or none.
INSERT INTO tracking_settings (feature_name, enabled, updated_at)
VALUES ('execution_logging', :enabled, :at)
ON CONFLICT (feature_name) DO UPDATE
SET enabled = excluded.enabled, updated_at = excluded.updated_at;
