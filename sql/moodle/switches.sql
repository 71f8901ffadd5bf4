-- name: follow
update core.occurrences
set follow = :switched
where occurrence_code = :occurrence_code and follow is distinct from :switched

-- name: now
-- How an occurrence is switched; nobody else switches it until this transaction ends.
select send_automatically from core.occurrences where occurrence_code = :occurrence_code for update

-- name: send_automatically
update core.occurrences
set send_automatically = :switched
where occurrence_code = :occurrence_code and send_automatically is distinct from :switched
