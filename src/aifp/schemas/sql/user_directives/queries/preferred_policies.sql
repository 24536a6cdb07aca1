-- name: configuration_by_name
-- The canonical form of a directive; without a hash it has none yet.
SELECT configuration_json, canonical_sha256 FROM user_directives WHERE name = :name;
