-- name: follow
update core.occurrences
set follow = :switched
where occurrence_code = :occurrence_code and follow is distinct from :switched

-- name: send_automatically
update core.occurrences
set send_automatically = :switched
where occurrence_code = :occurrence_code and send_automatically is distinct from :switched
