-- name: answers
-- The answers that a completion was read of: the one that showed it first, the one that the person's numbers stand in, and
-- those with a mark that was read by the time when it was handed on.
with seen as (
    select done.user_id, done.reported_at, done.integration, completions.landing_id
    from core.reported_completions as said
    join core.ilias_reported as done
        on done.integration = said.integration
        and done.course_id = said.course_id
        and done.person_id = said.person_id
        and done.completed_at = said.completed_at
    join core.ilias_completions as completions
        on completions.integration = done.integration
        and completions.user_id = done.user_id
        and completions.object_id = done.object_id
        and completions.completed_at = done.completed_at
    where said.completion_id = :completion_id and said.message_id is null
)

select landing_id from seen
union
select marks.landing_id
from seen
join core.ilias_marks as marks using (integration, user_id)
where marks.points is not null and marks.read_at <= seen.reported_at
union
select landings.landing_id
from seen
join core.ilias_users as users using (integration, user_id)
join raw.landings
    on landings.source = seen.integration
    and landings.scope = ''
    and landings.resource = 'users'
    and landings.landed_at = users.read_at
