create or replace view mart.test_result_history as
select
    held.source,
    held.brin6,
    held.pupil_key,
    held.result_key,
    held.test_code,
    held.test_part,
    held.test_name,
    held.test_version,
    held.subject,
    held.year_group,
    held.taken_on,
    held.school_year,
    measure.value_type,
    measure.value,
    measure.scale,
    measure.comparison_group,
    measure.qualification,
    held.level,
    held.warnings,
    held.version,
    held.is_current,
    held.created_at,
    held.recorded_at,
    held.message_id
from core.test_result_versions as held
cross join lateral jsonb_to_recordset(held.measures)
    as measure (value_type text, value text, scale text, comparison_group text, qualification text)
where held.version is not null;

create or replace view mart.test_results as
select
    source,
    brin6,
    pupil_key,
    result_key,
    test_code,
    test_part,
    test_name,
    test_version,
    subject,
    year_group,
    taken_on,
    school_year,
    value_type,
    value,
    scale,
    comparison_group,
    qualification,
    level,
    warnings,
    version,
    created_at,
    recorded_at
from mart.test_result_history
where is_current;

create or replace view mart.link_log as
select
    log_id,
    brin6,
    happened_at,
    event,
    fault_code,
    detail,
    actor,
    message_id,
    times,
    last_happened_at
from ops.link_log;

create or replace view mart.school_links as
select
    links.brin6,
    links.supplier,
    links.accepted_by,
    links.accepted_on,
    links.start_date,
    case when links.closed_at is null then links.status else 'ended' end as status,
    codes.brin6 is not null as code_is_entered,
    messages.last_message_at,
    tests.last_test_message_at,
    refusals.last_refused_at,
    coalesce(messages.messages, 0) as messages,
    coalesce(results.results, 0) as results,
    coalesce(results.pupils, 0) as pupils,
    coalesce(results.warnings, 0) as warnings,
    coalesce(rejected.rejected, 0) as rejected,
    links.source
from core.school_links as links
left join ops.link_codes as codes using (brin6)
left join (
    select
        messages.brin6,
        max(deliveries.received_at) as last_message_at,
        count(distinct messages.message_id) as messages
    from core.uwlr_messages as messages
    join ops.deliveries using (message_id)
    where not messages.is_test
    group by messages.brin6
) as messages using (brin6)
left join (
    select
        brin6,
        max(last_happened_at) as last_test_message_at
    from ops.link_log
    where event = 'test_message'
    group by brin6
) as tests using (brin6)
left join (
    select
        brin6,
        max(last_happened_at) as last_refused_at
    from ops.link_log
    where event = 'message_refused'
    group by brin6
) as refusals using (brin6)
-- Of a school by itself, so that whoever does not ask for it does not count.
left join lateral (
    select
        sum(results)::bigint as results,
        count(*) as pupils,
        sum(warnings)::bigint as warnings
    from (
        select
            pupil_key,
            count(*) as results,
            count(warnings) as warnings
        from core.test_result_versions as held
        where held.brin6 = links.brin6
        and held.is_current
        group by pupil_key
    ) as by_pupil
) as results on true
left join (
    select
        split_part(scope, '/', 1) as brin6,
        count(*) as rejected
    from ops.rejections
    where flow = 'iep_test_results' and resolved_at is null
    group by split_part(scope, '/', 1)
) as rejected using (brin6);

comment on view mart.test_results is 'Results of pupils on monitoring tests, as the supplier said last: one row a value of a result. Final tests are not in it';
comment on view mart.test_result_history is 'Every version of each test result: one row a value of a version';
comment on view mart.link_log is 'What happened to each school link and to every message under it: activated, code_entered, code_removed, paused, resumed, ended, changed, message, message_again, test_message, message_refused';
comment on view mart.school_links is 'For each school: the state of its link, the last message, counts and warnings';

comment on column mart.test_results.source is 'Connected system that the result came from';
comment on column mart.test_results.brin6 is 'School: BRIN and location number';
comment on column mart.test_results.pupil_key is 'The pupil, as the administration names the client';
comment on column mart.test_results.result_key is 'Key of the result at the supplier; unique in a school';
comment on column mart.test_results.test_code is 'Code of the test';
comment on column mart.test_results.test_part is 'Part of the test that the result is of; empty: the whole test';
comment on column mart.test_results.test_name is 'Name of the test, where the message gave it';
comment on column mart.test_results.test_version is 'Version of the test, where the message gave it';
comment on column mart.test_results.subject is 'Subject of the test (vakgebied), where the message gave it';
comment on column mart.test_results.year_group is 'Year group that the test is for (leerjaar), where the message gave it';
comment on column mart.test_results.taken_on is 'Day on which the pupil took the test';
comment on column mart.test_results.school_year is 'School year of that day (1 August to 31 July)';
comment on column mart.test_results.value_type is 'What the value is: score, andere_score, vaardigheidsscore, bivlaag, bivhoog, aantalopgaven, aantalgoed, aantalfout, aantalgelezen, tijd, or the code of a reference score such as RNTRM or Percentiel';
comment on column mart.test_results.value is 'The value as the supplier gave it';
comment on column mart.test_results.scale is 'Scale of an ability score, or the supplier''s own type of another score';
comment on column mart.test_results.comparison_group is 'Group that a reference score compares with';
comment on column mart.test_results.qualification is 'What the supplier says of a reference score';
comment on column mart.test_results.level is 'Reference level of the result: BELOW_1F, 1F, 1S or 2F; another text where the norm rows of the test use one of their own';
comment on column mart.test_results.warnings is 'What is unusual, joined by commas: school_year_mismatch, level_unusual_for_subject, level_not_known, pupil_number_of_another (the ECK iD decided); empty: nothing';
comment on column mart.test_results.version is 'How many times the result had changed, counted from 1';
comment on column mart.test_results.created_at is 'When the supplier made the message that says so first';
comment on column mart.test_results.recorded_at is 'When it was recorded here';

comment on column mart.test_result_history.source is 'Connected system that the result came from';
comment on column mart.test_result_history.brin6 is 'School: BRIN and location number';
comment on column mart.test_result_history.pupil_key is 'The pupil, as the administration names the client';
comment on column mart.test_result_history.result_key is 'Key of the result at the supplier; unique in a school';
comment on column mart.test_result_history.test_code is 'Code of the test';
comment on column mart.test_result_history.test_part is 'Part of the test that the result is of; empty: the whole test';
comment on column mart.test_result_history.test_name is 'Name of the test, where the message gave it';
comment on column mart.test_result_history.test_version is 'Version of the test, where the message gave it';
comment on column mart.test_result_history.subject is 'Subject of the test (vakgebied), where the message gave it';
comment on column mart.test_result_history.year_group is 'Year group that the test is for (leerjaar), where the message gave it';
comment on column mart.test_result_history.taken_on is 'Day on which the pupil took the test';
comment on column mart.test_result_history.school_year is 'School year of that day (1 August to 31 July)';
comment on column mart.test_result_history.value_type is 'What the value is: score, andere_score, vaardigheidsscore, bivlaag, bivhoog, aantalopgaven, aantalgoed, aantalfout, aantalgelezen, tijd, or the code of a reference score such as RNTRM or Percentiel';
comment on column mart.test_result_history.value is 'The value as the supplier gave it';
comment on column mart.test_result_history.scale is 'Scale of an ability score, or the supplier''s own type of another score';
comment on column mart.test_result_history.comparison_group is 'Group that a reference score compares with';
comment on column mart.test_result_history.qualification is 'What the supplier says of a reference score';
comment on column mart.test_result_history.level is 'Reference level of the result: BELOW_1F, 1F, 1S or 2F; another text where the norm rows of the test use one of their own';
comment on column mart.test_result_history.warnings is 'What is unusual, joined by commas: school_year_mismatch, level_unusual_for_subject, level_not_known, pupil_number_of_another (the ECK iD decided); empty: nothing';
comment on column mart.test_result_history.version is 'Number of the version, counted from 1 in the order in which the supplier made the messages';
comment on column mart.test_result_history.created_at is 'When the supplier made the message that says so first';
comment on column mart.test_result_history.recorded_at is 'When it was recorded here';
comment on column mart.test_result_history.is_current is 'Whether it is the last version';
comment on column mart.test_result_history.message_id is 'Message in the inbox';

comment on column mart.link_log.log_id is 'Number of the entry';
comment on column mart.link_log.brin6 is 'School: BRIN and location number';
comment on column mart.link_log.happened_at is 'When';
comment on column mart.link_log.event is 'What happened';
comment on column mart.link_log.fault_code is 'What the sender was told, where a message was refused';
comment on column mart.link_log.detail is 'More about it: counts, the element that was wrong, or the terms that were accepted; never a key or a pupil';
comment on column mart.link_log.actor is 'Who did it, for what people do';
comment on column mart.link_log.message_id is 'Message in the inbox';
comment on column mart.link_log.times is 'How many times it happened; refusals for the same reason within an hour are one entry';
comment on column mart.link_log.last_happened_at is 'When it happened last';

comment on column mart.school_links.brin6 is 'School: BRIN and location number';
comment on column mart.school_links.supplier is 'Who delivers the results';
comment on column mart.school_links.accepted_by is 'Who accepted the terms for the school';
comment on column mart.school_links.accepted_on is 'When the terms were accepted';
comment on column mart.school_links.start_date is 'First day on which results may come';
comment on column mart.school_links.status is 'active, paused or ended';
comment on column mart.school_links.code_is_entered is 'Whether a verificatiecode is entered; without one nothing can be delivered';
comment on column mart.school_links.last_message_at is 'When results came in last';
comment on column mart.school_links.last_test_message_at is 'When a test message came in last';
comment on column mart.school_links.last_refused_at is 'When a message was refused last';
comment on column mart.school_links.messages is 'How many messages with results came in';
comment on column mart.school_links.results is 'How many results are recorded';
comment on column mart.school_links.pupils is 'Of how many pupils';
comment on column mart.school_links.warnings is 'How many of these results have a warning';
comment on column mart.school_links.source is 'Name under which its results are kept';
comment on column mart.school_links.rejected is 'How many results of this school are not recorded at the moment; mart.rejections has the reasons';
