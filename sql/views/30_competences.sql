-- Today is the day in the time zone of the system that gave the competence; the administration's own ones end in UTC.
-- Each branch joins by itself, so that a filter on a person reaches its index, and the day is made once a system
-- (offset 0). People and competences are joined from the left, so that a query that shows neither does not join them.
create or replace view mart.competences as
select
    clients.email as person_email,
    periods.client_code,
    periods.competence_code,
    competences.name as competence_name,
    periods.valid_from,
    periods.valid_to,
    periods.source,
    periods.source_course_id,
    periods.recorded_at,
    days.today between periods.valid_from and coalesce(periods.valid_to, 'infinity') as held_now,
    periods.valid_to - days.today as days_left
from core.earned_competences as periods
join (select source, cast(now() at time zone timezone as date) as today from core.sources offset 0) as days
    using (source)
left join core.clients using (client_code)
left join core.competences using (competence_code)
where not exists (
    select from core.revoked_competences as revoked
    where revoked.competence_code = periods.competence_code
    and revoked.client_code = periods.client_code
)
and not exists (
    select from core.revoked_competences as from_everyone
    where from_everyone.competence_code = periods.competence_code
    and from_everyone.client_code is null
)
union all
select
    clients.email as person_email,
    periods.client_code,
    periods.competence_code,
    competences.name as competence_name,
    periods.valid_from,
    periods.valid_to,
    'administration' as source,
    null as source_course_id,
    null as recorded_at,
    days.today between periods.valid_from and coalesce(periods.valid_to, 'infinity') as held_now,
    periods.valid_to - days.today as days_left
from core.recorded_competences as periods
cross join (select cast(now() at time zone 'UTC' as date) as today offset 0) as days
left join core.clients using (client_code)
left join core.competences using (competence_code)
where periods.closed_at is null
and not exists (
    select from core.revoked_competences as revoked
    where revoked.competence_code = periods.competence_code
    and revoked.client_code = periods.client_code
)
and not exists (
    select from core.revoked_competences as from_everyone
    where from_everyone.competence_code = periods.competence_code
    and from_everyone.client_code is null
);

comment on view mart.competences is 'Who has, or had, which competence: one row a period, history included; revoked ones are in mart.competences_revoked';
comment on column mart.competences.person_email is 'E-mail address of the person, as the administration has it';
comment on column mart.competences.client_code is 'The person, as the administration names the client';
comment on column mart.competences.competence_code is 'Competence';
comment on column mart.competences.competence_name is 'Name of the competence in the competence tree';
comment on column mart.competences.valid_from is 'Day on which the course was passed, in the time zone of the source';
comment on column mart.competences.valid_to is 'Last day of validity (t.o.m.): valid_from plus the default days that the competence had when it was recorded; empty: no end';
comment on column mart.competences.source is 'Connected system in which the course was passed, or administration where the administration held the competence already';
comment on column mart.competences.source_course_id is 'Course in that system; empty for the administration''s own';
comment on column mart.competences.recorded_at is 'When it was recorded here; empty for the administration''s own';
comment on column mart.competences.held_now is 'Whether today lies in the period';
comment on column mart.competences.days_left is 'Days until the last day of validity, negative after it; empty: no end';

create or replace view mart.competence_tree as
with recursive tree as (
    select
        competence_code,
        parent_code,
        name,
        validity_days,
        closed_at,
        competence_code as main_group_code,
        name as main_group_name,
        array[competence_code] as above,
        name as path
    from core.competences
    where parent_code is null
    union all
    select
        child.competence_code,
        child.parent_code,
        child.name,
        child.validity_days,
        child.closed_at,
        tree.main_group_code,
        tree.main_group_name,
        tree.above || child.competence_code,
        tree.path || ' > ' || child.name
    from core.competences as child
    join tree on child.parent_code = tree.competence_code
)

select
    tree.competence_code,
    tree.parent_code,
    tree.name as competence_name,
    tree.validity_days,
    tree.main_group_code,
    tree.main_group_name,
    tree.path,
    tree.above,
    exists (
        select from core.competences as child where child.parent_code = tree.competence_code
    ) as is_group
from tree
where tree.closed_at is null;

comment on view mart.competence_tree is 'The competence tree: main groups, the groups in them, and the competences';
comment on column mart.competence_tree.competence_code is 'Competence or group';
comment on column mart.competence_tree.parent_code is 'Group that it lies in; empty for a main group';
comment on column mart.competence_tree.competence_name is 'Its name';
comment on column mart.competence_tree.validity_days is 'Default number of days that the competence is valid; empty: no end';
comment on column mart.competence_tree.main_group_code is 'Main group that it lies in, itself for a main group';
comment on column mart.competence_tree.main_group_name is 'Name of the main group';
comment on column mart.competence_tree.path is 'Names from the main group down, joined by >';
comment on column mart.competence_tree.above is 'Codes from the main group down to itself, for choosing all that lies below a group';
comment on column mart.competence_tree.is_group is 'Whether something lies in it; groups are not held by people';

create or replace view mart.competences_held as
select
    held.person_email,
    held.client_code,
    held.competence_code,
    held.competence_name,
    held.valid_from,
    held.valid_to,
    held.days_left,
    tree.parent_code as group_code,
    tree.main_group_name,
    tree.path,
    held.source,
    held.source_course_id
from mart.competences as held
left join mart.competence_tree as tree using (competence_code)
where held.held_now;

comment on view mart.competences_held is 'Competences that are valid today; what expires within N days: where days_left <= N';
comment on column mart.competences_held.person_email is 'E-mail address of the person, as the administration has it';
comment on column mart.competences_held.client_code is 'The person, as the administration names the client';
comment on column mart.competences_held.competence_code is 'Competence';
comment on column mart.competences_held.competence_name is 'Name of the competence';
comment on column mart.competences_held.valid_from is 'First day of validity';
comment on column mart.competences_held.valid_to is 'Last day of validity; empty: no end';
comment on column mart.competences_held.days_left is 'Days until the last day of validity, 0 on that day; empty: no end';
comment on column mart.competences_held.group_code is 'Group of the competence tree that the competence lies in';
comment on column mart.competences_held.main_group_name is 'Main group of the competence tree';
comment on column mart.competences_held.path is 'Names from the main group down to the competence';
comment on column mart.competences_held.source is 'Connected system in which the course was passed, or administration';
comment on column mart.competences_held.source_course_id is 'Course in that system; empty for the administration''s own';

-- What ends later, held or to come, is looked for among all periods: a revocation is of all of them or of none.
create or replace view mart.competences_expired as
select distinct on (old.client_code, old.competence_code)
    old.person_email,
    old.client_code,
    old.competence_code,
    old.competence_name,
    old.valid_from,
    old.valid_to,
    -old.days_left as days_ago,
    tree.parent_code as group_code,
    tree.main_group_name,
    tree.path,
    old.source,
    old.source_course_id
from mart.competences as old
left join mart.competence_tree as tree using (competence_code)
where old.days_left < 0
and not exists (
    select from core.earned_competences as later
    where later.client_code = old.client_code
    and later.competence_code = old.competence_code
    and coalesce(later.valid_to, 'infinity') > old.valid_to
)
and not exists (
    select from core.recorded_competences as later
    where later.client_code = old.client_code
    and later.competence_code = old.competence_code
    and coalesce(later.valid_to, 'infinity') > old.valid_to
    and later.closed_at is null
)
order by old.client_code asc, old.competence_code asc, old.valid_to desc, old.valid_from desc;

comment on view mart.competences_expired is 'Competences that ended and were not earned again: the last period of each';
comment on column mart.competences_expired.person_email is 'E-mail address of the person, as the administration has it';
comment on column mart.competences_expired.client_code is 'The person, as the administration names the client';
comment on column mart.competences_expired.competence_code is 'Competence';
comment on column mart.competences_expired.competence_name is 'Name of the competence';
comment on column mart.competences_expired.valid_from is 'First day of the last period';
comment on column mart.competences_expired.valid_to is 'Last day of the last period';
comment on column mart.competences_expired.days_ago is 'Days since the last day of validity';
comment on column mart.competences_expired.group_code is 'Group of the competence tree that the competence lies in';
comment on column mart.competences_expired.main_group_name is 'Main group of the competence tree';
comment on column mart.competences_expired.path is 'Names from the main group down to the competence';
comment on column mart.competences_expired.source is 'Connected system in which the course was passed, or administration';
comment on column mart.competences_expired.source_course_id is 'Course in that system; empty for the administration''s own';

create or replace view mart.competences_revoked as
select
    clients.email as person_email,
    periods.client_code,
    periods.competence_code,
    competences.name as competence_name,
    periods.valid_from,
    periods.valid_to,
    periods.source,
    periods.from_everyone,
    periods.revoked_by,
    periods.revoked_at,
    periods.reason
from (
    select
        held.client_code,
        held.competence_code,
        held.valid_from,
        held.valid_to,
        held.source,
        false as from_everyone,
        revoked.decided_by as revoked_by,
        revoked.decided_at as revoked_at,
        revoked.reason
    from core.revoked_competences as revoked
    join core.earned_competences as held using (competence_code, client_code)
    union all
    select
        held.client_code,
        held.competence_code,
        held.valid_from,
        held.valid_to,
        held.source,
        true,
        revoked.decided_by,
        revoked.decided_at,
        revoked.reason
    from core.revoked_competences as revoked
    join core.earned_competences as held using (competence_code)
    where revoked.client_code is null
    union all
    select
        held.client_code,
        held.competence_code,
        held.valid_from,
        held.valid_to,
        'administration',
        revoked.client_code is null,
        revoked.decided_by,
        revoked.decided_at,
        revoked.reason
    from core.revoked_competences as revoked
    join core.recorded_competences as held
        on held.competence_code = revoked.competence_code
        and (revoked.client_code is null or revoked.client_code = held.client_code)
    where held.closed_at is null
) as periods
join core.clients using (client_code)
join core.competences using (competence_code);

comment on view mart.competences_revoked is 'Competences that people lost because somebody revoked them, from one person or from everyone; a restored one is back in mart.competences';
comment on column mart.competences_revoked.person_email is 'E-mail address of the person, as the administration has it';
comment on column mart.competences_revoked.client_code is 'The person, as the administration names the client';
comment on column mart.competences_revoked.competence_code is 'Competence';
comment on column mart.competences_revoked.competence_name is 'Name of the competence';
comment on column mart.competences_revoked.valid_from is 'First day of the period that does not count any more';
comment on column mart.competences_revoked.valid_to is 'Last day of that period; empty: no end';
comment on column mart.competences_revoked.source is 'Connected system in which the course was passed, or administration';
comment on column mart.competences_revoked.from_everyone is 'Whether the competence was revoked from everyone, not from this person only';
comment on column mart.competences_revoked.revoked_by is 'Who revoked it';
comment on column mart.competences_revoked.revoked_at is 'When it was revoked';
comment on column mart.competences_revoked.reason is 'Why it was revoked';

create or replace view mart.competence_history as
select
    decision_id,
    decision,
    competence_code,
    client_code,
    source,
    source_course_id,
    decided_by,
    decided_at,
    reason
from ops.competence_decisions;

comment on view mart.competence_history is 'What was decided about competences and links: who, when, why';
comment on column mart.competence_history.decision_id is 'Order of the decisions';
comment on column mart.competence_history.decision is 'revoked, restored (a competence) or unlinked (a course from a competence)';
comment on column mart.competence_history.competence_code is 'Competence';
comment on column mart.competence_history.client_code is 'The person it was revoked from or restored for; empty: everyone, or a link';
comment on column mart.competence_history.source is 'Connected system of the removed link';
comment on column mart.competence_history.source_course_id is 'Course of the removed link';
comment on column mart.competence_history.decided_by is 'Who decided';
comment on column mart.competence_history.decided_at is 'When it was decided';
comment on column mart.competence_history.reason is 'Why';

-- People are counted once in each group that they have something of: for each person one bit string with a place for
-- each group, and as many people as have the same one are taken together. Distinct people of every group would be
-- sorted as often as the tree is deep. Periods are read once, for both counts.
create or replace view mart.competences_by_group as
with groups as materialized (
    select
        competence_code,
        competence_name,
        main_group_name,
        path,
        cast(row_number() over (order by path, competence_code) as integer) as place
    from mart.competence_tree
    where is_group
),

inside as materialized (
    select
        tree.competence_code,
        tree.above,
        bit_or(
            set_bit(
                cast(repeat('0', cast((select count(*) from groups) as integer)) as bit varying), groups.place - 1, 1
            )
        ) as places
    from mart.competence_tree as tree
    join groups on groups.competence_code = any(tree.above)
    group by tree.competence_code, tree.above
),

held as materialized (
    select client_code, competence_code, days_left
    from mart.competences
    where held_now
),

counted as materialized (
    select
        competence_code,
        count(*) as held,
        count(*) filter (where days_left <= 30) as expiring_in_30_days,
        count(*) filter (where days_left <= 90) as expiring_in_90_days
    from held
    group by competence_code
),

alike as materialized (
    select places, count(*) as people
    from (
        select held.client_code, bit_or(inside.places) as places
        from held
        join inside using (competence_code)
        group by held.client_code
    ) as people
    group by places
)

select
    groups.competence_code as group_code,
    groups.competence_name as group_name,
    groups.main_group_name,
    groups.path,
    (
        select cast(coalesce(sum(alike.people), 0) as bigint)
        from alike
        where get_bit(alike.places, groups.place - 1) = 1
    ) as people,
    cast(coalesce(sum(counted.held), 0) as bigint) as held,
    cast(coalesce(sum(counted.expiring_in_30_days), 0) as bigint) as expiring_in_30_days,
    cast(coalesce(sum(counted.expiring_in_90_days), 0) as bigint) as expiring_in_90_days
from groups
join inside on groups.competence_code = any(inside.above)
left join counted on counted.competence_code = inside.competence_code
group by groups.competence_code, groups.competence_name, groups.main_group_name, groups.path, groups.place;

comment on view mart.competences_by_group is 'For each group of the competence tree, with all groups in it: how many competences are valid today and how many end soon';
comment on column mart.competences_by_group.group_code is 'Group of the competence tree';
comment on column mart.competences_by_group.group_name is 'Its name';
comment on column mart.competences_by_group.main_group_name is 'Main group that it lies in';
comment on column mart.competences_by_group.path is 'Names from the main group down to the group';
comment on column mart.competences_by_group.people is 'People who have at least one of its competences today';
comment on column mart.competences_by_group.held is 'Competences of it that are valid today, over all people';
comment on column mart.competences_by_group.expiring_in_30_days is 'Of those, how many end within 30 days';
comment on column mart.competences_by_group.expiring_in_90_days is 'Of those, how many end within 90 days';

create or replace view mart.competence_links as
select
    links.source,
    links.source_course_id,
    courses.name as course_name,
    links.competence_code,
    competences.name as competence_name,
    links.linked_on,
    case
        when courses.source_course_id is null then 'never seen'
        when courses.gone then 'course gone'
        when not courses.visible then 'not published'
        else 'published'
    end as course_state,
    links.closed_at is null as linked,
    coalesce(produced.periods, 0) as produced,
    produced.last_recorded_at as last_produced_at,
    (
        select max(readings.read_at)
        from core.courses_read as readings
        where readings.source = links.source and readings.source_course_id = links.source_course_id
    ) as last_read_at
from core.competence_links as links
join core.competences using (competence_code)
left join core.courses using (source, source_course_id)
left join (
    select source, source_course_id, competence_code, count(*) as periods, max(recorded_at) as last_recorded_at
    from core.earned_competences
    group by source, source_course_id, competence_code
) as produced using (source, source_course_id, competence_code);

comment on view mart.competence_links is 'Which courses give which competences, what each link produced, and the state of the course; links that were removed stay listed';
comment on column mart.competence_links.source is 'Connected system of the course';
comment on column mart.competence_links.source_course_id is 'Course in that system';
comment on column mart.competence_links.course_name is 'Name of the course as last seen';
comment on column mart.competence_links.competence_code is 'Competence that the course gives';
comment on column mart.competence_links.competence_name is 'Name of the competence';
comment on column mart.competence_links.linked_on is 'Day on which the administration made the link; passes from before count too';
comment on column mart.competence_links.course_state is 'published, not published, course gone (removed from the source; it gives nothing more), or never seen (no course of the source has this id)';
comment on column mart.competence_links.linked is 'Whether the link is in force; a removed link keeps what it produced';
comment on column mart.competence_links.produced is 'How many periods of the competence this course gave';
comment on column mart.competence_links.last_produced_at is 'When the last of them was recorded';
comment on column mart.competence_links.last_read_at is 'When the course was last read; empty: never, and while it is published nothing is given for the competence';

create or replace view mart.linkable_courses as
select courses.source, courses.source_course_id, courses.name as course_name
from core.courses
join core.sources using (source)
where courses.visible and not courses.gone and sources.closed_at is null;

comment on view mart.linkable_courses is 'Courses that can be linked to a competence: the published ones of every connected system';
comment on column mart.linkable_courses.source is 'Connected system';
comment on column mart.linkable_courses.source_course_id is 'Course in that system';
comment on column mart.linkable_courses.course_name is 'Name of the course';

create or replace view mart.competence_corrections as
select
    clients.email as person_email,
    corrected.client_code,
    corrected.competence_code,
    competences.name as competence_name,
    corrected.valid_from,
    corrected.valid_to,
    corrected.source,
    corrected.source_course_id,
    corrected.recorded_at,
    corrected.corrected_at,
    corrected.corrected_by
from core.corrected_competences as corrected
join core.clients using (client_code)
join core.competences using (competence_code);

comment on view mart.competence_corrections is 'Periods as they stood before they were corrected: they had been given while a course that gives the competence could not be read; what counts instead is in mart.competences';
comment on column mart.competence_corrections.person_email is 'E-mail address of the person, as the administration has it';
comment on column mart.competence_corrections.client_code is 'The person, as the administration names the client';
comment on column mart.competence_corrections.competence_code is 'Competence';
comment on column mart.competence_corrections.competence_name is 'Name of the competence in the competence tree';
comment on column mart.competence_corrections.valid_from is 'First day of the period that does not count any more';
comment on column mart.competence_corrections.valid_to is 'Last day of that period; empty: no end';
comment on column mart.competence_corrections.source is 'Connected system of the course that had given it';
comment on column mart.competence_corrections.source_course_id is 'Course in that system';
comment on column mart.competence_corrections.recorded_at is 'When the period was recorded';
comment on column mart.competence_corrections.corrected_at is 'When it was corrected';
comment on column mart.competence_corrections.corrected_by is 'Run that corrected it';
