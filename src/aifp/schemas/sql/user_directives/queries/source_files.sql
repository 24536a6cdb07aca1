-- name: source_file_by_path
-- What is known of one directive file.
SELECT path, set_name, sha256, settings_json, changed_at FROM source_files WHERE path = :path;

-- name: source_file_by_set
-- Who uses a set name.
SELECT path FROM source_files WHERE set_name = :set_name;

-- name: store_source_file
-- Note a directive file as it was parsed now.
INSERT INTO source_files (path, set_name, format, sha256, timezone, settings_json, parse_status,
                          parse_error, directive_count, last_parsed_at)
VALUES (:path, :set_name, :format, :sha256, :timezone, :settings_json, :parse_status,
        :parse_error, :directive_count, :at)
ON CONFLICT (path) DO UPDATE
SET format = excluded.format, sha256 = excluded.sha256, timezone = excluded.timezone,
    settings_json = excluded.settings_json, parse_status = excluded.parse_status,
    parse_error = excluded.parse_error, directive_count = excluded.directive_count,
    last_parsed_at = excluded.last_parsed_at;
