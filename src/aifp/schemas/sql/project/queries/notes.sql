-- name: add_note
-- Keep one note.
INSERT INTO notes (content, note_type, source, severity, directive_name, created_at)
VALUES (:content, :note_type, :source, :severity, :directive_name, :at)
RETURNING id;

-- name: notes
-- The newest notes, of one source, directive or severity if named.
SELECT id, content, note_type, source, severity, directive_name, created_at,
       count(*) OVER () AS total
FROM notes
WHERE (:source IS NULL OR source = :source)
  AND (:directive_name IS NULL OR directive_name = :directive_name)
  AND (:severity IS NULL OR severity = :severity)
ORDER BY id DESC LIMIT :limit;
