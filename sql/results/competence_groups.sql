-- name: count
-- People are counted once in each group that they have something of.
with inside as materialized (
    select grouped.competence_code as group_code, grouped.main_group_code, tree.competence_code
    from mart.competence_tree as tree
    join mart.competence_tree as grouped
        on grouped.competence_code = any(tree.above) and grouped.is_group
    where tree.competence_code = any(cast(:inside_of as text []))
),

held as materialized (
    select client_code, competence_code, days_left
    from mart.competences
    where held_now and competence_code = any(cast(:inside_of as text []))
),

people as (
    select group_code, count(*) as people
    from (
        select distinct inside.group_code, held.client_code
        from held
        join inside using (competence_code)
    ) as once
    group by group_code
),

counted as (
    select
        competence_code,
        count(*) as held,
        count(*) filter (where days_left <= 30) as expiring_in_30_days,
        count(*) filter (where days_left <= 90) as expiring_in_90_days
    from held
    group by competence_code
),

midnight as (
    select min(cast(cast(now() at time zone zones.name as date) + 1 as timestamp) at time zone zones.name) as next
    from (
        select timezone as name
        from core.sources
        union
        select 'UTC'
    ) as zones
)

insert into ops.competence_groups
(
    group_code, main_group_code, people, held, expiring_in_30_days, expiring_in_90_days, counted_at, good_until
)
select
    inside.group_code,
    inside.main_group_code,
    coalesce(min(people.people), 0),
    coalesce(sum(counted.held), 0),
    coalesce(sum(counted.expiring_in_30_days), 0),
    coalesce(sum(counted.expiring_in_90_days), 0),
    now(),
    min(midnight.next)
from inside
cross join midnight
left join people using (group_code)
left join counted using (competence_code)
group by inside.group_code, inside.main_group_code

-- name: due
-- What lies in a main group that was not counted today, or since something of it changed: the groups and competences.
with changed as (select competence_code from unnest(cast(:changed as text [])) as codes (competence_code)),

due as (
    select tree.main_group_code
    from mart.competence_tree as tree
    left join ops.competence_groups as counted on counted.group_code = tree.competence_code
    group by tree.main_group_code
    having
        bool_or(tree.is_group and coalesce(counted.good_until <= now(), true))
        or bool_or(tree.competence_code in (select competence_code from changed))
        or exists (select from changed where competence_code is null)
)

select tree.competence_code
from mart.competence_tree as tree
join due using (main_group_code)

-- name: forget
-- What was counted of these main groups, and of groups that are none any more.
delete from ops.competence_groups
where group_code = any(cast(:inside_of as text []))
or group_code not in (select competence_code from mart.competence_tree where is_group)

-- name: standing
select
    tree.competence_code as group_code,
    tree.path,
    counted.people,
    counted.held,
    counted.expiring_in_30_days,
    counted.expiring_in_90_days
from mart.competence_tree as tree
join ops.competence_groups as counted on counted.group_code = tree.competence_code
order by tree.path, tree.competence_code

-- name: take
-- What changed since the groups were counted. Whoever counts holds the lock: nothing is counted of before it.
delete from ops.competences_changed
returning competence_code
