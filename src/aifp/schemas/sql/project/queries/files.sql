-- name: project_files
-- Known files, of one directive or kind if named.
SELECT id, path, language, kind, directive_name, generated, exists_on_disk, checksum, updated_at,
       count(*) OVER () AS total
FROM files
WHERE (:directive_name IS NULL OR directive_name = :directive_name)
  AND (:kind IS NULL OR kind = :kind)
ORDER BY path LIMIT :limit;

-- name: files_of_directive
-- The files of a directive's code as they were last told.
SELECT id, path FROM files
WHERE directive_name = :directive_name AND kind <> 'directive_source' ORDER BY path;

-- name: file_at
-- What is noted of one file, and where its code begins.
SELECT f.id, f.checksum, f.directive_name, f.generated,
       (SELECT fn.name FROM functions fn
        WHERE fn.file_id = f.id AND fn.is_entry_point = 1) AS entry_point
FROM files f WHERE f.path = :path;

-- name: heir_of_file
-- Another directive whose code calls into a file.
SELECT s.directive_name FROM interactions i
JOIN functions t ON t.id = i.target_function_id
JOIN functions s ON s.id = i.source_function_id
WHERE t.file_id = :file_id AND s.directive_name <> :directive_name
ORDER BY s.directive_name LIMIT 1;

-- name: hand_file_over
-- A file that others still use is theirs now.
UPDATE files SET directive_name = :directive_name, updated_at = :at WHERE id = :id;

-- name: hand_functions_over
-- So are its functions.
UPDATE functions SET directive_name = :directive_name, updated_at = :at WHERE file_id = :id;

-- name: store_file
-- Note a file, or what is new about it.
INSERT INTO files (path, language, checksum, kind, directive_name, generated, created_at, updated_at)
VALUES (:path, :language, :checksum, :kind, :directive_name, :generated, :at, :at)
ON CONFLICT (path) DO UPDATE
SET language = excluded.language, checksum = excluded.checksum, kind = excluded.kind,
    directive_name = excluded.directive_name, generated = excluded.generated,
    updated_at = excluded.updated_at
RETURNING id;

-- name: drop_file
-- Forget a file with its functions.
DELETE FROM files WHERE path = :path;

-- name: files_to_look_for
-- Every known file, and whether it was there when last looked.
SELECT id, path, exists_on_disk FROM files ORDER BY path;

-- name: note_presence
-- Keep whether a file is on disk.
UPDATE files SET exists_on_disk = :exists_on_disk WHERE id = :id;
