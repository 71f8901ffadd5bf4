-- name: log
-- What happened to the link of a school before an entry of its log, newest first; of one kind, or all.
select log_id, happened_at, last_happened_at, event, fault_code, detail, actor, message_id, times
from mart.link_log
where brin6 = :brin6
and (cast(:event as text) is null or event = :event)
and log_id < coalesce(:before, 9223372036854775807)
order by log_id desc
limit :most

-- name: one
-- The link of one school, with its settings; of its pupils no more than :most are counted, and their results.
select
    links.brin6,
    links.supplier,
    links.accepted_by,
    links.accepted_on,
    links.start_date,
    links.status,
    links.code_is_entered,
    links.last_message_at,
    links.last_test_message_at,
    links.last_refused_at,
    links.messages,
    links.rejected,
    links.source,
    counted.pupils,
    counted.results,
    counted.warnings,
    settings.supplier_code,
    settings.reading,
    settings.unknown_pupil,
    settings.schoolkey
from mart.school_links as links
join core.school_links as settings using (brin6)
cross join lateral (
    select
        count(*) as pupils,
        coalesce(cast(sum(results) as bigint), 0) as results,
        coalesce(cast(sum(warnings) as bigint), 0) as warnings
    from (
        select count(*) as results, count(warnings) as warnings
        from core.test_result_versions
        where brin6 = :brin6
        and is_current
        group by pupil_key
        order by pupil_key
        limit :most
    ) as first_ones
) as counted
where links.brin6 = :brin6

-- name: page
-- Schools after one of them, by one state or all. How many results each has takes counting them all: the page of a
-- school says it.
select
    brin6, supplier, status, code_is_entered, start_date, last_message_at, last_test_message_at, last_refused_at, messages,
    rejected
from mart.school_links
where brin6 > :after
and (cast(:status as text) is null or status = :status)
order by brin6
limit :most
