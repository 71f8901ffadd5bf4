-- name: told
-- What Coachview is told of a registered part, newest first: also under another part that the same completion was
-- registered on, for a message goes out once.
select
    told.item_id as ledger_row,
    item.status,
    item.reason,
    item.explanation,
    told.request_code,
    told.part_code,
    told.result,
    told.presence,
    told.passed,
    told.completed_on,
    item.attempts
from core.registrations as held
join core.registration_attempts as counted on counted.completion_id = held.completion_id
join ops.coachview_results as told
    on told.request_code = counted.request_code and told.completion_id = held.completion_id
join ops.outbox as item using (item_id)
where held.request_code = :request_code and held.part_code = :part_code
group by told.item_id, item.item_id
order by told.item_id desc
